"""Train: champion, gate, buttons, decisions, versions."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.auth import audit
from core.auth.roles import Actor, Role
from core.auth.session_cookie import issue
from core.catalog.tables import utcnow
from core.config.messages import render
from core.config.settings import Settings
from core.jobs import jobs
from core.loop import decisions, loop
from core.models import pins, registry
from core.ui.shell.formats import day
from tests.deciding import decision, store
from tests.learning import make_dataset
from tests.pages.opening import open_page, texts
from tests.people import make_user

pytestmark = pytest.mark.usefixtures("no_servers")


def open_train(role: Role = Role.EDITOR) -> AppTest:
    app = open_page("train.py", make_user("eve", role))
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def metrics(app: AppTest) -> dict[str, str]:
    return {item.label: item.value for item in app.metric}


@pytest.fixture
def two_versions(mlflow_store: Path) -> None:
    """Version 1, and version 2 that was promoted over it: trained on dataset 2, confirmed by dataset 3."""
    make_dataset(seed=1)
    loop.run_once("linear")
    make_dataset(seed=2, angle=120)
    assert loop.run_once("linear").kind == decisions.PENDING
    make_dataset(seed=3, angle=120)
    assert loop.run_once("linear").kind == decisions.PROMOTED


@pytest.fixture
def waiting(mlflow_store: Path) -> None:
    """Version 1 serves, version 2 was trained on turned data and waits."""
    make_dataset(seed=1)
    loop.run_once("linear")
    make_dataset(seed=2, angle=120)
    assert loop.run_once("linear").kind == decisions.PENDING


def test_an_empty_installation_says_where_to_begin() -> None:
    app = open_train()
    shown = said(app)
    for words in ("No model yet", "Create a dataset first", "No decisions yet", "No versions yet"):
        assert words in shown
    assert app.button(key="btn_check").disabled
    assert app.button(key="btn_force").disabled
    assert "Create a dataset first" in [link.proto.label for link in app.get("page_link")]


def test_with_data_and_no_model_a_check_trains_the_first_one() -> None:
    make_dataset()
    app = open_train()
    assert "a first model is trained on dataset 1" in said(app)
    assert not app.button(key="btn_check").disabled


def test_champion_gate_and_result_card_show_the_real_figures(two_versions: None) -> None:
    app = open_train()
    newest = decisions.latest("linear", limit=1)[0]
    shown = metrics(app)
    assert shown["Version"] == "v2"
    assert shown["accuracy"] == f"{newest.metric:.3f}"
    assert "Champion v2 reaches" in said(app)
    assert "This dataset has been checked; the next check waits for new data." in said(app)
    assert shown["Datasets"] == "1"
    assert float(shown["Mean gain"]) > 0.2
    assert shown["e-value"] == "> 1,000,000"
    comparison = newest.details["comparison"]["details"]
    assert shown["Only challenger right"] == f"{comparison['only_second_right']}"
    assert shown["Only champion right"] == f"{comparison['only_first_right']}"
    assert "McNemar exact" in said(app)
    assert "**champion v1**" in said(app)
    assert "**challenger v2**" in said(app)
    assert "trained in" in said(app) and "training s" not in said(app)
    # the intervals, two confusion matrices, the calibration, the timeline
    assert len(app.get("plotly_chart")) == 5
    assert app.dataframe[0].value["feature"].tolist() == ["x1", "x2"]
    versions = app.dataframe[1].value
    assert versions["version"].tolist() == [2, 1]
    assert [list(names) for names in versions["aliases"]] == [["champion"], ["previous"]]


def test_an_unmeasured_champion_is_not_given_a_figure(two_versions: None) -> None:
    make_dataset(seed=4)
    app = open_train()
    assert metrics(app)["accuracy"] == "–"
    assert "has not been evaluated on dataset 4 yet" in said(app)


def test_an_earlier_decision_can_be_looked_at(two_versions: None) -> None:
    app = open_train()
    app.selectbox[0].select_index(2).run()
    assert "First model" in said(app)
    assert "Only challenger right" not in metrics(app)


def test_a_new_decision_is_the_one_shown(two_versions: None) -> None:
    app = open_train()
    app.selectbox[0].select_index(1).run()
    make_dataset(seed=4, angle=120)
    loop.run_once("linear")
    assert "kept" in app.run().selectbox[0].options[0].lower()
    assert app.selectbox[0].index == 0


@pytest.mark.parametrize("kind", [decisions.FAILED, decisions.ROLLED_BACK, decisions.REJECTED])
def test_decisions_of_each_kind_have_a_card(kind: str) -> None:
    store(decision(kind, 0.9 if kind == decisions.REJECTED else None, versions=(1, None)))
    assert f"because of {kind}" in said(open_train())


def test_a_comparison_of_another_workloads_kind_is_shown_by_its_p_value() -> None:
    card = decision(decisions.PROMOTED, 0.6, 0.9, versions=(1, 2))
    card.details["comparison"] = {
        "better": True,
        "p_value": 0.0,
        "summary": "",
        "details": {"test": "paired bootstrap", "draws": 1000},
    }
    store(card)
    app = open_train()
    assert "paired bootstrap" in said(app)
    assert metrics(app)["p-value"] == "< 0.001"


def test_a_gain_is_shown_also_without_an_interval() -> None:
    """A regression's test has none."""
    card = decision(decisions.REJECTED, 0.6, 0.7, versions=(1, 2))
    details = {"test": "paired permutation test", "gain": 1.25, "p_value": 0.2}
    card.details["comparison"] = {"better": False, "p_value": 0.2, "summary": "", "details": details}
    store(card)
    shown = metrics(open_train())
    assert (shown["Challenger's gain"], shown["p-value"]) == ("+1.250", "0.2")
    assert "95 % interval" not in shown


def test_a_viewer_sees_everything_and_may_nothing(two_versions: None) -> None:
    app = open_train(Role.VIEWER)
    for key in ("btn_check", "btn_force", "btn_promote", "btn_roll_back"):
        assert app.button(key=key).disabled, key
    assert "Requires the editor role" in said(app)
    assert "Requires the admin role" in said(app)
    assert metrics(app)["Version"] == "v2"


def test_an_editor_trains_but_does_not_promote(two_versions: None) -> None:
    app = open_train(Role.EDITOR)
    assert not app.button(key="btn_check").disabled
    assert app.button(key="btn_promote").disabled
    assert app.button(key="btn_roll_back").disabled


@pytest.mark.parametrize("key", ["btn_check", "btn_force"])
def test_while_prefect_is_down_checking_says_so(key: str) -> None:
    make_dataset()
    app = open_train()
    app.button(key=key).click().run()
    assert "Not started. The Prefect server does not respond" in said(app)
    assert jobs.alive() == []


def test_a_second_click_is_refused() -> None:
    make_dataset()
    app = open_train()
    jobs.adopt(jobs.CHECK, "linear", "flow-run-1", {})
    app.button(key="btn_force").click().run()
    assert "This is already running: schedule started it at" in said(app)
    assert len(jobs.listed()) == 1


def test_rolling_back_is_one_click(two_versions: None) -> None:
    app = open_train(Role.ADMIN)
    back = app.button(key="btn_roll_back")
    assert back.label == "Roll back to v1"
    app.text_input(key="roll_back_reason").set_value("looks wrong")
    back.click().run()
    assert "Reason: looks wrong" in render(decisions.latest("linear")[0].reason)
    champion = registry.champion("linear")
    assert champion is not None
    assert champion.version == 1
    assert metrics(app)["Version"] == "v1"
    assert "rolled back" in said(app)
    assert app.button(key="btn_roll_back").label == "Roll back to v2"


def test_promoting_asks_first(two_versions: None) -> None:
    app = open_train(Role.ADMIN)
    app.button(key="btn_promote").click().run()
    assert "Promote version 1 to champion?" in said(app)
    champion = registry.champion("linear")
    assert champion is not None
    assert champion.version == 2


def test_a_damaged_version_cannot_be_rolled_back_to(two_versions: None, settings: Settings) -> None:
    before = registry.get_version("linear", 1)
    export = next((settings.mlflow_dir / "artifacts").rglob(f"{before.run_id}/artifacts/export/linear.json"))
    export.write_text("{}")
    app = open_train(Role.ADMIN)
    app.button(key="btn_roll_back").click().run()
    assert "does not match its SHA-256" in said(app)
    champion = registry.champion("linear")
    assert champion is not None
    assert champion.version == 2


def test_a_promotion_by_hand_is_seen_at_once(two_versions: None) -> None:
    app = open_train()
    decisions.promote_by_hand(Actor("ada", Role.ADMIN), "linear", 1)
    assert metrics(app.run())["Version"] == "v1"


def test_a_challenger_that_waits_is_said_with_its_reason(waiting: None) -> None:
    app = open_train()
    assert "Challenger v2 waits: it has been evaluated only on the dataset" in said(app)
    assert "**Challenger v2** :small[waits for data that it has not seen]" in said(app)
    assert metrics(app)["Version"] == "v1"
    assert "btn_promote_now" not in [button.key for button in app.button]
    make_dataset(seed=3, angle=120)
    assert "Challenger v2 waits for new data, and dataset 3 is" in said(app.run())


def test_an_admin_is_asked_before_a_promotion_without_waiting(waiting: None) -> None:
    app = open_train(Role.ADMIN)
    app.button(key="btn_promote_now").click().run()
    assert "Promote version 2 without waiting?" in said(app)
    champion = registry.champion("linear")
    assert champion is not None and champion.version == 1


def test_a_reason_is_kept_where_others_read_it(waiting: None) -> None:
    decisions.promote_by_hand(Actor("ada", Role.ADMIN), "linear", 2, " the boundary was turned ")
    assert audit.latest(action="model.promote")[0].details == {"previous": 1, "why": "the boundary was turned"}
    assert "ada made version 2 the champion. Reason: the boundary was turned" in said(open_train())


def test_an_admin_pins_the_champion_and_lifts_the_pin(two_versions: None) -> None:
    app = open_train(Role.ADMIN)
    app.button(key="btn_pin").click().run()
    assert "Give a reason of 1 to 500 characters" in said(app)
    app.text_input(key="pin_reason").set_value("the fair")
    app.selectbox(key="pin_span").set_value("1 month").run()
    app.button(key="btn_pin").click().run()
    held = pins.active("linear")
    assert held is not None and (held.version, held.reason, held.by) == (2, "the fair", "eve")
    assert timedelta(days=29) < held.until - utcnow() < timedelta(days=31)
    assert f"Pinned until {day(held.until, UTC)} by eve: the fair" in said(app)
    assert "btn_pin" not in [button.key for button in app.button]
    app.button(key="btn_roll_back").click().run()
    assert "Unpin first. Champion v2 is pinned until" in said(app)
    assert metrics(app)["Version"] == "v2"
    app.button(key="btn_unpin").click().run()
    assert pins.active("linear") is None
    assert "Pinned until" not in said(app)


def test_a_pin_may_end_on_a_date(two_versions: None) -> None:
    app = open_train(Role.ADMIN)
    app.text_input(key="pin_reason").set_value("the fair")
    app.selectbox(key="pin_span").set_value("a date").run()
    app.date_input(key="pin_last").set_value(utcnow().date() + timedelta(days=9))
    app.button(key="btn_pin").click().run()
    held = pins.active("linear")
    assert held is not None
    assert held.until.date() == utcnow().date() + timedelta(days=10)


def test_others_see_the_pin_and_may_not_change_it(two_versions: None) -> None:
    pins.pin(Actor("ada", Role.ADMIN), "linear", "*the* fair", utcnow() + timedelta(days=2))
    app = open_train(Role.EDITOR)
    assert "by ada: *the* fair" in said(app)
    assert not {"btn_pin", "btn_unpin"} & {button.key for button in app.button}


def test_promote_now_of_a_pinned_workload_says_to_unpin_first(waiting: None) -> None:
    """AppTest runs no fragments, so the dialog is the whole page."""

    def page() -> None:
        from core.ui.train.promote_now import ask

        ask("linear", 2)

    pins.pin(Actor("ada", Role.ADMIN), "linear", "the fair", utcnow() + timedelta(days=2))
    app = AppTest.from_function(page, default_timeout=90)
    app.session_state["_shifumi_ticket"] = issue(make_user("eve", Role.ADMIN).username)
    app.run().text_input(key="reason").set_value("the world turned")
    app.button(key="btn_confirm").click().run()
    assert "Unpin first. Champion v1 is pinned until" in said(app)
    champion = registry.champion("linear")
    assert champion is not None and champion.version == 1


def test_an_unreachable_registry_is_explained(settings: Settings) -> None:
    (settings.mlflow_dir / "mlflow.db").write_bytes(b"not a database")
    app = open_train()
    assert "MLflow's database is damaged or was emptied" in said(app)
    assert app.button(key="btn_check")


def test_a_viewer_exports_the_evidence_report(two_versions: None) -> None:
    app = open_train(Role.VIEWER)
    assert not app.get("download_button")
    app.button(key="btn_report").click().run(timeout=60)
    assert not app.exception
    offered = [button.proto.label for button in app.get("download_button")]
    assert [label.split(",")[0] for label in offered] == ["HTML", "PDF"]
    (event,) = audit.latest(action="report.export")
    assert (event.actor, event.subject) == ("eve", "linear")


def test_the_data_behind_a_decision_is_shown_on_request(two_versions: None) -> None:
    app = open_train(Role.VIEWER)
    before = len(app.get("plotly_chart"))
    (switch,) = [one for one in app.toggle if one.label == "Show the data behind it"]
    switch.set_value(True).run(timeout=60)
    assert not app.exception
    assert "**Discordant samples**" in said(app) and "**Distributions**" in said(app)
    assert len(app.get("plotly_chart")) == before + 2
    assert float(metrics(app)["Detectable gain"]) > 0
    assert "MLflow run of v2" in [link.proto.label for link in app.get("page_link")]
