"""The Overview: empty, grown, with parts missing, and for each role."""

import json
from datetime import UTC, timedelta
from pathlib import Path

import psutil
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.auth.roles import Role
from core.auth.tokens import create_token
from core.catalog.engine import writing
from core.catalog.tables import Job, Pin, utcnow
from core.config.messages import text
from core.config.settings import Settings, get_settings
from core.loop import decisions, loop
from core.monitoring.health_history import Sample, record
from core.monitoring.run_record import ProcessRecord, RunRecord, write_run_record
from core.ui.shell.formats import day
from tests.deciding import DRIFTED, decision, evaluation, store
from tests.learning import make_dataset
from tests.pages.opening import open_page, texts
from tests.people import make_user
from tests.ports import free_port


@pytest.fixture(autouse=True)
def nothing_listens(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Whatever the developer runs on the usual ports is not this test's stack."""
    for name in ("SHIFUMI_API_PORT", "SHIFUMI_PREFECT_PORT", "SHIFUMI_WORKBENCH_PORT"):
        monkeypatch.setenv(name, str(free_port()))
    get_settings.cache_clear()


def links(app: AppTest) -> list[str]:
    return [element.proto.label for element in app.get("page_link")]


def charts(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


def test_a_newcomer_sees_the_first_steps_and_where_to_begin() -> None:
    app = open_page(actor=make_user())
    assert not app.exception
    assert app.expander[0].label == "First steps · 1 of 8"
    assert "no champion yet" in texts(app)
    assert "No decisions yet" in texts(app)
    assert "Open page" in links(app)
    assert charts(app) == 0


def test_bricks_that_are_down_say_what_to_do() -> None:
    shown = texts(open_page(actor=make_user()))
    assert "**Prefect** is unhealthy" in shown
    assert "manage.py run" in shown
    assert "**Catalog**" in shown


def test_what_is_starting_is_no_error(settings: Settings) -> None:
    me = psutil.Process()
    processes = {
        "prefect": ProcessRecord("Prefect", "starting", since=me.create_time()),
        "api": ProcessRecord("Prediction API", "restarting", restarts=2, since=me.create_time(), last_exit=-9),
    }
    write_run_record(settings.run_dir, RunRecord(me.pid, me.create_time(), me.create_time(), processes))
    app = open_page(actor=make_user())
    assert "Prefect and MLflow store are starting" in app.info[0].value
    (trouble,) = app.warning
    assert "**Prefect**" not in trouble.value
    assert "restarted 2 times" in trouble.value.replace("\\", "")
    assert "restarted 2×" in texts(app)


def test_one_turn_of_the_real_loop_fills_the_page(mlflow_store: Path) -> None:
    dataset = make_dataset(seed=1)
    made = loop.run_once("linear")
    app = open_page(actor=make_user())
    assert not app.exception
    shown = texts(app)
    assert "champion v1" in shown
    assert f"Trained on dataset {dataset.id}" in shown
    assert app.metric[0].value == f"{made.metric:.3f}"
    assert charts(app) == 1
    assert "**linear v1** promoted" in shown
    assert app.expander[0].label == "First steps · 3 of 8"


def test_drift_and_recovery_are_told(mlflow_store: Path) -> None:
    make_dataset(seed=1)
    loop.run_once("linear")
    make_dataset(seed=2, angle=135)
    assert loop.run_once("linear").kind == decisions.PENDING
    assert "Challenger v2 waits for one more dataset" in texts(open_page(actor=make_user()))
    make_dataset(seed=3, angle=135)
    assert loop.run_once("linear").kind == decisions.PROMOTED
    app = open_page(actor=make_user("bob"))
    shown = texts(app)
    assert "champion v2" in shown
    assert ":green[:material/check_circle:] Watch a better model get promoted" in shown
    drawn = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert {"promoted", "below threshold", "challenger waits"} <= {trace.get("name") for trace in drawn["data"]}


def test_a_champion_under_the_threshold_and_drift_stand_out() -> None:
    store(decision("promoted", None, 0.93, versions=(None, 1)))
    store(decision("rejected", 0.70, 0.60, versions=(1, 2), drift=DRIFTED), evaluation(1, 0.70))
    shown = texts(open_page(actor=make_user()))
    assert "below threshold" in shown
    assert ":orange-badge" in shown
    assert "because of rejected" in shown


def test_a_pinned_champion_has_a_badge() -> None:
    store(decision("promoted", None, 0.93, versions=(None, 1)))
    assert "pinned until" not in texts(open_page(actor=make_user()))
    until = utcnow() + timedelta(days=2)
    with writing() as session:
        session.add(Pin(workload="linear", version=1, reason="the fair", until=until, by="ada"))
    assert f":violet-badge[:material/keep: pinned until {day(until, UTC)}]" in texts(open_page(actor=make_user("bob")))


def test_many_decisions_are_one_picture_of_bounded_size() -> None:
    store(decision("promoted", None, 0.93, versions=(None, 1), minutes_ago=900))
    store(*[decision("kept", 0.93, versions=(1, None), minutes_ago=700 - number) for number in range(600)])
    app = open_page(actor=make_user())
    assert not app.exception
    drawn = json.loads(app.get("plotly_chart")[0].proto.spec)
    kept = next(trace for trace in drawn["data"] if trace.get("name") == "kept")
    assert len(kept["x"]) == 2
    app.button_group(key="span").set_value("Hour").run()
    assert not app.exception
    assert "No decisions in this time range" in texts(app)


def test_a_running_job_is_on_top_with_its_progress() -> None:
    job = Job(id="1", kind="check", workload="linear", created_by="bob", progress=0.4)
    job.message = (text("Training"),)
    job.heartbeat_at, job.state, job.flow_run_id = utcnow(), "running", "some-run"
    store(job)
    app = open_page(actor=make_user())
    bars = [element.proto for element in app.get("progress")]
    assert any("Training" in bar.text and bar.value == 40 for bar in bars)
    assert "Started by bob" in texts(app)
    assert {"Details", "Flow run"} <= set(links(app))


def test_a_viewer_is_offered_nothing_above_their_role_and_sees_no_logins() -> None:
    make_user("ada")
    app = open_page(actor=make_user("eve", Role.VIEWER))
    assert not app.exception
    assert "Requires the editor role." in texts(app)
    assert "Open page" not in links(app)
    assert "user added" not in texts(app)


def test_an_admin_may_do_without_discord() -> None:
    admin = make_user()
    store(decision("promoted", None, 0.93, versions=(None, 1)))
    store(decision("promoted", 0.5, 0.93, versions=(1, 2)))
    make_dataset()
    create_token(admin, "ci", ["predict"], 30)
    store(Job(id="2", kind="predict-file", created_by="eve", state="completed", finished_at=utcnow()))
    eve = open_page(actor=make_user("eve", Role.VIEWER))
    assert not [button for button in eve.button if button.key == "btn_skip_discord"]
    app = open_page(actor=admin)
    assert app.expander[0].label == "First steps · 7 of 8"
    app.button(key="btn_skip_discord").click().run()
    assert app.expander[0].label == "First steps · 8 of 8"
    assert "(skipped)" in texts(app)


def test_more_events_on_demand() -> None:
    for number in range(30):
        store(decision("kept", 0.9, versions=(number + 1, None)))
    app = open_page(actor=make_user())
    before = texts(app).count("kept")
    app.button(key="btn_more_events").click().run()
    assert texts(app).count("kept") > before


def test_a_broken_model_store_shows_as_a_brick_and_nothing_else_breaks(settings: Settings) -> None:
    (settings.mlflow_dir / "mlflow.db").write_bytes(b"this is no database" * 100)
    app = open_page(actor=make_user())
    assert not app.exception
    assert "**MLflow store** is unhealthy" in texts(app)


def test_the_health_history_says_when_nothing_was_seen_and_draws_what_was() -> None:
    actor = make_user()
    assert "No samples in this time range" in texts(open_page(actor=actor))
    now = utcnow()
    record(
        [Sample(now - timedelta(minutes=minutes), "api", minutes != 3, "refused", 2.0) for minutes in (5, 4, 3, 2)], 60
    )
    st.cache_data.clear()
    app = open_page(actor=actor)
    assert not app.exception
    assert charts(app) == 1
    assert "**Prediction API** was last down until 2 min ago, for 1 min 00 s" in texts(app)
    app.button_group(key="health_span").set_value("1 h").run()
    assert charts(app) == 1


def test_the_health_history_names_the_setting_that_switches_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_HEALTH_INTERVAL_S", "0")
    get_settings.cache_clear()
    assert "SHIFUMI_HEALTH_INTERVAL_S is 0" in texts(open_page(actor=make_user()))
