"""Deployments and what people may do to them, on a real Prefect server."""

from datetime import timedelta

import pytest

from core.auth import audit
from core.auth.roles import Actor, ForbiddenError, Role
from core.config.settings import get_settings
from core.jobs import flow_control, jobs
from core.jobs.flow_control import Deployment
from core.jobs.prefect_api import PrefectRefusedError, PrefectUnavailableError
from core.ui.flows.flow_logs import LogBook
from tests.ports import free_port
from tests.prefect_rows import Rows
from tests.waiting import wait_until

pytestmark = pytest.mark.stack
EDITOR, VIEWER = Actor("bob", Role.EDITOR), Actor("eve", Role.VIEWER)


def the(full_name: str) -> Deployment:
    return next(one for one in flow_control.deployments() if one.full_name == full_name)


def test_schedules_come_first_and_are_read(rows: Rows) -> None:
    rows.deployment("generate-dataset", "linear")
    rows.deployment("random-check", "course", every_s=30, paused=True)
    found = flow_control.deployments()
    assert [(one.full_name, one.every, one.paused) for one in found] == [
        ("random-check/course", timedelta(seconds=30), True),
        ("generate-dataset/linear", None, False),
    ]
    assert [flow_control.next_run(one) for one in found] == [None, None]


def test_pausing_and_resuming_takes_an_editor_and_is_noted(rows: Rows) -> None:
    rows.deployment("random-check", "course", every_s=3600)
    wait_until(lambda: flow_control.next_run(the("random-check/course")), what="the scheduler's first runs")
    with pytest.raises(ForbiddenError):
        flow_control.set_paused(VIEWER, the("random-check/course"), True)
    assert not the("random-check/course").paused
    flow_control.set_paused(EDITOR, the("random-check/course"), True)
    assert the("random-check/course").paused
    assert flow_control.next_run(the("random-check/course")) is None
    flow_control.set_paused(EDITOR, the("random-check/course"), False)
    assert not the("random-check/course").paused
    assert [event.action for event in audit.latest(5)] == ["flow.resume", "flow.pause"]


def test_our_own_flows_run_as_jobs_one_at_a_time(rows: Rows) -> None:
    rows.deployment("check", "linear", every_s=3600)
    run_id = flow_control.run_now(EDITOR, the("check/linear"))
    job = jobs.of_flow_run(run_id)
    assert job is not None
    assert job.created_by == "bob"
    with pytest.raises(jobs.JobBusyError):
        flow_control.run_now(EDITOR, the("check/linear"))
    assert len(jobs.alive()) == 1


def test_other_flows_run_directly_and_as_often_as_wanted(rows: Rows) -> None:
    rows.deployment("random-check", "course", every_s=3600, paused=True)
    first, second = (flow_control.run_now(EDITOR, the("random-check/course")) for _ in range(2))
    assert first != second
    assert jobs.alive() == []
    assert audit.latest(1)[0].action == "flow.run"
    assert {run.id for run in flow_control.recent_runs()} >= {first, second}


def test_a_viewer_runs_nothing(rows: Rows) -> None:
    rows.deployment("random-check", "course")
    with pytest.raises(ForbiddenError):
        flow_control.run_now(VIEWER, the("random-check/course"))
    assert flow_control.recent_runs() == []


def test_a_flow_that_needs_a_file_says_so(rows: Rows) -> None:
    rows.deployment("predict-file", "linear")
    with pytest.raises(ValueError, match="a file is uploaded"):
        flow_control.run_now(EDITOR, the("predict-file/linear"))


def test_cancelling_a_run_that_is_no_job_takes_an_editor(rows: Rows) -> None:
    run_id = rows.run(rows.deployment("random-check", "course"))
    assert not flow_control.may_cancel(VIEWER, run_id)
    with pytest.raises(ForbiddenError):
        flow_control.cancel(VIEWER, run_id)
    assert rows.state_of(run_id) == "SCHEDULED"
    flow_control.cancel(EDITOR, run_id)
    assert rows.state_of(run_id) == "CANCELLED"
    flow_control.cancel(EDITOR, run_id)
    assert audit.latest(1)[0].action == "flow.cancel"


def test_cancelling_a_job_ends_the_job_too(rows: Rows) -> None:
    rows.deployment("check", "linear")
    run_id = flow_control.run_now(EDITOR, the("check/linear"))
    assert flow_control.may_cancel(EDITOR, run_id)
    assert not flow_control.may_cancel(VIEWER, run_id)
    flow_control.cancel(EDITOR, run_id)
    job = jobs.of_flow_run(run_id)
    assert job is not None
    assert job.state == jobs.CANCELLED
    assert rows.state_of(run_id) == "CANCELLED"


def test_what_the_schedule_plans_is_not_a_recent_run(rows: Rows) -> None:
    deployment_id = rows.deployment("random-check", "course", every_s=3600)
    wait_until(lambda: flow_control.next_run(the("random-check/course")), what="the scheduler's first runs")
    done = rows.run(deployment_id, "RUNNING", "COMPLETED")
    assert [run.id for run in flow_control.recent_runs()] == [done]
    assert flow_control.recent_runs(["FAILED"]) == []
    assert [run.id for run in flow_control.recent_runs(["COMPLETED"], deployment_id, limit=1)] == [done]


def test_an_unknown_run_is_refused(rows: Rows) -> None:
    with pytest.raises(PrefectRefusedError):
        flow_control.cancel(EDITOR, "00000000-0000-0000-0000-000000000000")


def test_without_a_server_each_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    get_settings.cache_clear()
    with pytest.raises(PrefectUnavailableError):
        flow_control.deployments()
    with pytest.raises(PrefectUnavailableError):
        flow_control.set_paused(EDITOR, Deployment("1", "f", "n", "", False, True, None, ""), True)
    assert audit.latest(5) == []


def test_a_log_longer_than_prefect_hands_out_is_read_whole_and_then_followed(rows: Rows) -> None:
    run_id = rows.run(rows.deployment("random-check", "course"))
    rows.log(run_id, 450)
    book = LogBook(run_id, 0)
    book.read()
    assert len(book.records) == 450
    assert book.records[-1]["message"] == "line 449"
    rows.log(run_id, 3, level=40, word="error")
    book.read()
    assert len(book.records) == 453
    assert len({record["id"] for record in book.records}) == 453
    worst = LogBook(run_id, 40)
    worst.read()
    assert [record["message"] for record in worst.records] == ["error 0", "error 1", "error 2"]


def test_an_endless_log_is_not_held_in_memory_whole(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.ui.flows.flow_logs._MOST", 400)
    run_id = rows.run(rows.deployment("random-check", "course"))
    rows.log(run_id, 700)
    book = LogBook(run_id, 0)
    book.read()
    assert book.full
    assert len(book.records) == 400
