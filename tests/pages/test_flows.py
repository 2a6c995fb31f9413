"""The Flows page on a real Prefect server."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.roles import SYSTEM, Role
from core.auth.users import set_role
from core.catalog.tables import Job, utcnow
from core.config.messages import text
from core.config.settings import get_settings
from core.jobs import flow_control, jobs, prefect_api
from core.ui.flows import prefect_store
from tests.deciding import decision, store
from tests.pages.opening import open_page, texts
from tests.people import make_user
from tests.ports import free_port
from tests.prefect_rows import Rows
from tests.prefect_server import flow_runner, runner_environment
from tests.waiting import wait_until

pytestmark = pytest.mark.stack


@pytest.fixture(autouse=True)
def fresh_answers(settings: object) -> None:
    """What pages remember for two seconds must not pass from one test to the next."""
    prefect_store.clear_cache()


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    get_settings.cache_clear()


def opened(role: Role = Role.EDITOR, **query: str) -> AppTest:
    app = open_page("flows.py", make_user(f"{role.value}-person", role))
    for name, value in query.items():
        app.query_params[name] = value
    return app.run() if query else app


def again(app: AppTest) -> AppTest:
    """The page a moment later."""
    prefect_store.clear_cache()
    return app.run()


def keys(app: AppTest) -> set[str]:
    return {button.key for button in app.button if button.key}


def links(app: AppTest) -> list[str]:
    """What can be followed: to other pages, and to runs on this one."""
    pages = [element.proto.label for element in app.get("page_link")]
    labels = [*pages, *(button.label for button in app.button)]
    return [label.replace("\\", "").removeprefix(":primary[").removesuffix("]") for label in labels]


def test_a_server_without_deployments_says_that_the_runner_makes_them(rows: Rows) -> None:
    app = opened()
    assert not app.exception
    assert "No deployments yet" in texts(app)
    assert "No flow runs found" in texts(app)
    assert "Prefect :green-badge[healthy]" in texts(app)


def test_deployments_with_schedule_and_buttons(rows: Rows) -> None:
    rows.deployment("random-check", "course", every_s=30, paused=True)
    rows.deployment("predict-file", "linear")
    app = opened()
    assert not app.exception
    assert "every 30 s, once resumed" in texts(app)
    assert {"run-random-check/course", "pause-random-check/course"} <= keys(app)
    assert "run-predict-file/linear" not in keys(app)
    assert "Upload a file" in links(app)


def test_an_editor_resumes_and_pauses(rows: Rows) -> None:
    deployment_id = rows.deployment("random-check", "course", every_s=3600, paused=True)
    app = opened()
    app.button(key="pause-random-check/course").click().run()
    assert not app.exception
    assert "running on schedule again" in app.success[0].value.replace("\\", "")
    assert not rows.call("GET", f"/deployments/{deployment_id}")["paused"]
    assert "Pause" in [button.label for button in app.button]
    app.button(key="pause-random-check/course").click().run()
    assert rows.call("GET", f"/deployments/{deployment_id}")["paused"]


def test_a_second_run_of_our_own_flow_is_refused_with_a_reason(rows: Rows) -> None:
    rows.deployment("check", "linear")
    app = opened()
    app.button(key="run-check/linear").click().run()
    assert "Open run" in links(app)
    assert len(jobs.alive()) == 1
    app.button(key="run-check/linear").click().run()
    assert not app.exception
    assert "already running" in texts(app)
    assert len(jobs.alive()) == 1


def test_a_viewer_looks_and_has_no_buttons(rows: Rows) -> None:
    deployment_id = rows.deployment("random-check", "course", every_s=30, paused=True)
    run_id = rows.run(deployment_id, "RUNNING")
    app = opened(Role.VIEWER)
    assert not app.exception
    assert not {key for key in keys(app) if key.startswith(("run-", "pause-"))}
    app.query_params["run"] = run_id
    app.run()
    assert not app.exception
    assert "btn_cancel_run" not in keys(app)


def test_the_buttons_of_a_page_left_open_die_with_the_role(rows: Rows) -> None:
    deployment_id = rows.deployment("random-check", "course", every_s=30, paused=True)
    app = opened(Role.EDITOR)
    set_role(SYSTEM, "editor-person", Role.VIEWER)
    app.button(key="pause-random-check/course").click().run()
    assert not app.exception
    assert rows.call("GET", f"/deployments/{deployment_id}")["paused"]


def test_runs_are_listed_and_filtered_by_state_and_deployment(rows: Rows) -> None:
    one, other = rows.deployment("random-check", "course"), rows.deployment("check", "linear")
    good, bad = rows.run(one, "RUNNING", "COMPLETED"), rows.run(one, "RUNNING", "FAILED")
    live = rows.run(other, "RUNNING")
    names = {run_id: prefect_api.get_run(run_id).name for run_id in (good, bad, live)}
    app = opened()
    assert set(names.values()) <= set(links(app))
    for state, expected in (("Failed", {bad}), ("Completed", {good}), ("Live", {live})):
        app.button_group(key="flow_state").set_value(state).run()
        assert {run_id for run_id, name in names.items() if name in links(app)} == expected
    app.button_group(key="flow_state").set_value("All").run()
    app.selectbox(key="flow_deployment").set_value(other).run()
    assert {run_id for run_id, name in names.items() if name in links(app)} == {live}


def test_many_runs_are_shown_page_by_page(rows: Rows) -> None:
    deployment_id = rows.deployment("random-check", "course")
    names = [prefect_api.get_run(rows.run(deployment_id, "COMPLETED")).name for _ in range(14)]
    app = opened()
    assert len(set(names) & set(links(app))) == 12
    app.button(key="btn_more_flow_runs").click().run()
    assert set(names) <= set(links(app))
    assert "btn_more_flow_runs" not in keys(app)


def test_an_address_opens_a_run_with_its_tries_log_states_and_parameters(rows: Rows) -> None:
    run_id = rows.run(rows.deployment("random-check", "course"), "RUNNING", parameters={"workload": "linear"})
    rows.task(
        run_id,
        "toss",
        ("RUNNING", "Running"),
        ("SCHEDULED", "AwaitingRetry"),
        ("RUNNING", "Running"),
        ("FAILED", "Failed"),
    )
    rows.log(run_id, 3, word="hello")
    rows.log(run_id, 1, level=40, word="trouble")
    rows.state(run_id, "FAILED", "the coin said drift")
    app = opened(run=run_id)
    assert not app.exception
    assert "the coin said drift" in texts(app)
    drawn = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert drawn["layout"]["yaxis"]["categoryarray"] == ["flow", "toss ×2"]
    assert {"failed", "retrying"} <= {trace["name"] for trace in drawn["data"]}
    assert "hello 2" in app.code[0].value
    assert "trouble 0" in app.code[0].value
    assert json.loads(app.json[0].value) == {"workload": "linear"}
    assert app.dataframe[0].value["state"].tolist()[-1] == "Failed"
    app.button_group(key="log_level").set_value("Error").run()
    assert "hello" not in app.code[0].value
    assert "ERROR" in app.code[0].value


def test_a_long_log_is_cut_on_the_page_and_said_to_be(rows: Rows) -> None:
    run_id = rows.run(rows.deployment("random-check", "course"), "RUNNING", "COMPLETED")
    rows.log(run_id, 650)
    app = opened(run=run_id)
    assert "Last 600 of 650 lines" in texts(app)
    assert "line 649" in app.code[0].value
    assert "line 49\n" not in app.code[0].value


def test_a_running_run_shows_progress_and_can_be_cancelled(rows: Rows) -> None:
    run_id = rows.run(rows.deployment("check", "linear"), "RUNNING")
    job = Job(id="1", kind="check", workload="linear", flow_run_id=run_id, concurrency_key="s")
    job.created_by = "ann"
    job.heartbeat_at, job.message, job.progress = utcnow(), (text("Fitting"),), 0.42
    store(job)
    app = opened(run=run_id)
    assert not app.exception
    assert [bar.proto.value for bar in app.get("progress")] == [42]
    assert "by ann" in texts(app)
    app.button(key="btn_cancel_run").click().run()
    assert not app.exception
    assert rows.state_of(run_id) == "CANCELLING"
    assert app.button(key="btn_cancel_run").disabled


def test_a_viewer_may_stop_what_they_started_themselves(rows: Rows) -> None:
    run_id = rows.run(rows.deployment("predict-file", "linear"), "RUNNING")
    job = Job(id="1", kind="predict-file", workload="linear", flow_run_id=run_id, concurrency_key="s")
    job.heartbeat_at = utcnow()
    job.created_by = f"{Role.VIEWER.value}-person"
    store(job)
    app = opened(Role.VIEWER, run=run_id)
    app.button(key="btn_cancel_run").click().run()
    assert rows.state_of(run_id) == "CANCELLING"


def test_a_check_tells_what_it_decided(rows: Rows) -> None:
    run_id = rows.run(rows.deployment("check", "linear"), "RUNNING", "COMPLETED")
    store(decision("rejected", 0.9, 0.8, versions=(1, 2), flow_run_id=run_id))
    store(Job(id="1", kind="check", created_by="ann", flow_run_id=run_id, finished_at=utcnow()))
    shown = texts(opened(run=run_id))
    assert "rejected]" in shown
    assert "because of rejected" in shown


@pytest.mark.parametrize("run_id", ["nonsense", "../../admin", "<b>x</b>"])
def test_an_address_that_is_no_run_is_explained(run_id: str, rows: Rows) -> None:
    app = opened(run=run_id)
    assert not app.exception
    assert "Run not found" in app.warning[0].value


def test_an_address_of_a_run_that_is_gone_is_explained(rows: Rows) -> None:
    app = opened(run="00000000-0000-0000-0000-000000000000")
    assert not app.exception
    assert "does not exist in Prefect" in app.warning[0].value


def test_without_a_server_the_rest_of_the_page_stands(no_server: None) -> None:
    store(Job(id="1", kind="generate-dataset", workload="linear", created_by="ann", message=(text("Dataset 1"),)))
    app = opened()
    assert not app.exception
    shown = texts(app)
    assert "does not respond" in shown
    assert "manage.py run" in shown
    assert "random-check" in shown
    assert "Dataset 1" in shown
    assert [expander.label for expander in app.expander] == ["Exercise: random-check"]


def test_a_run_cannot_be_shown_without_a_server(no_server: None) -> None:
    app = opened(run="00000000-0000-0000-0000-000000000000")
    assert not app.exception
    assert "does not respond" in app.warning[0].value


def test_the_exercise_from_the_button_to_its_log(rows: Rows) -> None:
    """With a real runner: Run now, watch it end, read what it logged."""
    with flow_runner(runner_environment(SHIFUMI_RUNNER_WARM="false")):
        app = opened()
        assert "paused" in texts(app)
        app.button(key="run-random-check/course").click().run()
        run = flow_control.recent_runs()[0]
        app.query_params["run"] = run.id
        wait_until(lambda: prefect_api.get_run(run.id).terminal, timeout=90, what="the exercise to end")
        wait_until(lambda: "drew" in "".join(code.value for code in again(app).code), what="its log")
    assert not app.exception
    drawn = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert len(drawn["layout"]["yaxis"]["categoryarray"]) == 2


def test_a_run_with_parameters_is_asked_for_by_the_workloads_own_form(rows: Rows) -> None:
    rows.deployment("generate-dataset", "linear")
    rows.deployment("check", "linear")
    rows.deployment("predict-file", "linear")
    app = opened()
    assert {key for key in keys(app) if key.startswith("form-")} == {
        "form-generate-dataset/linear",
        "form-check/linear",
    }
    app.button(key="form-generate-dataset/linear").click().run()
    assert not app.exception
    name = "run_generate-dataset/linear"
    app.number_input(key=f"{name}_rows").set_value(7).run()
    assert app.error[0].value == "**Rows** must be from 1,000 to 5,000,000."
    assert app.button(key="btn_run_form").disabled
    app.number_input(key=f"{name}_rows").set_value(2_000)
    app.slider(key=f"{name}_angle").set_value(90.0).run()
    app.button(key="btn_run_form").click().run()
    assert not app.exception
    assert "Run of generate-dataset/linear requested" in texts(app).replace("\\", "")
    job = jobs.latest(jobs.GENERATE, "linear")
    assert job is not None
    assert (job.parameters["choices"]["rows"], job.parameters["choices"]["angle"]) == (2_000, 90.0)


def test_a_check_can_be_told_to_retrain_anyway(rows: Rows) -> None:
    rows.deployment("check", "linear")
    app = opened()
    app.button(key="form-check/linear").click().run()
    app.toggle(key="run_check/linear_forced").set_value(True).run()
    app.button(key="btn_run_form").click().run()
    job = jobs.latest(jobs.CHECK, "linear")
    assert job is not None
    assert job.parameters == {"forced": True}
