"""Deployments as pages show them, who may do what to them, and what is noted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.auth import audit
from core.auth.roles import Actor, ForbiddenError, Role
from core.config.messages import render, say
from core.jobs import flow_control, jobs
from core.jobs.flow_control import NEEDS_INPUT, Deployment
from tests.unit.jobs.wire import Wire, flow_run

EDITOR, VIEWER = Actor("ed", Role.EDITOR), Actor("vic", Role.VIEWER)
COURSE = Deployment("d", "random-check", "course", "", False, True, timedelta(seconds=30), "")


def raw(**more: Any) -> dict[str, Any]:
    return {"id": "d", "flow_id": "f", "name": "course", **more}


def one(wire: Wire, **more: Any) -> Deployment:
    wire.answers.clear()
    wire.will("POST", "/flows/filter", [{"id": "f", "name": "random-check"}])
    wire.will("POST", "/deployments/filter", [raw(**more)])
    (found,) = flow_control.deployments()
    return found


def schedule(active: bool = True, **kind: Any) -> dict[str, Any]:
    return {"schedule": kind, "active": active}


def test_a_deployment_is_read_field_by_field(wire: Wire) -> None:
    found = one(wire, description="Tosses.", paused=True, status="READY", schedules=[schedule(interval=30.0)])
    assert found == Deployment("d", "random-check", "course", "Tosses.", True, True, timedelta(seconds=30), "")
    assert (found.full_name, found.scheduled) == ("random-check/course", True)
    bare = one(wire, status="NOT_READY")
    assert bare == Deployment("d", "random-check", "course", "", False, False, None, "")
    assert not bare.scheduled
    assert one(wire, flow_id="other").flow == "?"


def test_other_schedules_are_named_and_inactive_ones_are_none(wire: Wire) -> None:
    cron, rrule = schedule(cron="0 5 * * *"), schedule(rrule="FREQ=DAILY")
    assert one(wire, schedules=[cron]).other_schedule == "0 5 * * *"
    assert one(wire, schedules=[cron]).scheduled
    assert one(wire, schedules=[rrule]).other_schedule == "FREQ=DAILY"
    both = one(wire, schedules=[cron, schedule(interval=5)])
    assert (both.every, both.other_schedule) == (timedelta(seconds=5), "")
    assert not one(wire, schedules=[schedule(active=False, interval=5)]).scheduled


def test_scheduled_ones_come_first_then_by_name(wire: Wire) -> None:
    wire.will("POST", "/flows/filter", [{"id": "f", "name": "b"}, {"id": "g", "name": "a"}])
    listed = [
        raw(name="y"),
        raw(name="x"),
        raw(name="z", flow_id="g"),
        raw(name="w", schedules=[schedule(interval=1)]),
    ]
    wire.will("POST", "/deployments/filter", listed)
    assert [found.full_name for found in flow_control.deployments()] == ["b/w", "a/z", "b/x", "b/y"]


def test_the_next_run_is_prefects_first_planned_one(wire: Wire) -> None:
    wire.will("POST", "/flow_runs/filter", [flow_run(expected_start_time="2026-01-01T12:00:00Z")])
    assert flow_control.next_run(COURSE) == datetime(2026, 1, 1, 12, tzinfo=UTC)
    ((_, _, body),) = wire.sent
    filters = {"state": {"type": {"any_": ["SCHEDULED"]}}, "deployment_id": {"any_": ["d"]}}
    assert body == {"limit": 1, "sort": "EXPECTED_START_TIME_ASC", "offset": 0, "flow_runs": filters}
    for idle in (replace(COURSE, paused=True), replace(COURSE, every=None)):
        assert flow_control.next_run(idle) is None
    assert len(wire.sent) == 1
    wire.answers.clear()
    wire.will("POST", "/flow_runs/filter", [])
    assert flow_control.next_run(COURSE) is None


def test_a_run_of_any_other_flow_is_started_and_noted(wire: Wire) -> None:
    wire.will("GET", "/deployments/name/random-check/course", {"id": "d"})
    wire.will("POST", "/deployments/d/create_flow_run", flow_run("new"))
    assert flow_control.run_now(EDITOR, COURSE, {"a": 1}) == "new"
    assert flow_control.run_now(EDITOR, COURSE) == "new"
    assert [body["parameters"] for method, _, body in wire.sent if method == "POST"] == [{"a": 1}, {}]
    (event, _) = audit.latest()
    told = (event.actor, event.action, event.subject, event.details)
    assert told == ("ed", "flow.run", "random-check/course", {"flow_run": "new"})
    assert jobs.listed() == []


@pytest.mark.parametrize("kind", [jobs.GENERATE, jobs.CHECK, jobs.PROPOSE])
def test_our_own_flows_become_jobs(wire: Wire, kind: str) -> None:
    wire.will("GET", f"/deployments/name/{kind}/linear", {"id": "d"})
    wire.will("POST", "/deployments/d/create_flow_run", flow_run("new"))
    assert flow_control.run_now(EDITOR, replace(COURSE, flow=kind, name="linear"), {"a": 1}) == "new"
    job = jobs.of_flow_run("new")
    assert job is not None
    assert (job.kind, job.workload, job.parameters, job.created_by) == (kind, "linear", {"a": 1}, "ed")
    assert (job.message, job.state, job.concurrency_key) == ((say("job.waiting"),), jobs.SUBMITTED, f"{kind}:linear")
    assert wire.sent[-1][2] == {
        "parameters": {"a": 1, "workload": "linear", "job_id": job.id},
        "state": {"type": "SCHEDULED"},
        "idempotency_key": job.id,
    }
    (event,) = audit.latest()
    assert (event.actor, event.action, event.subject) == ("ed", "job.submit", f"{kind}/linear")
    assert event.details == {"job": job.id}


@pytest.mark.parametrize("kind", list(NEEDS_INPUT))
def test_a_flow_that_needs_a_file_is_not_started_by_a_button(wire: Wire, kind: str) -> None:
    with pytest.raises(ValueError, match="uploaded"):
        flow_control.run_now(EDITOR, replace(COURSE, flow=kind))
    assert wire.sent == []


@pytest.mark.parametrize(("paused", "done"), [(True, "pause"), (False, "resume")])
def test_pausing_and_resuming_is_noted(wire: Wire, paused: bool, done: str) -> None:
    wire.will("POST", f"/deployments/d/{done}_deployment")
    flow_control.set_paused(EDITOR, COURSE, paused)
    assert [path for _, path, _ in wire.sent] == [f"/deployments/d/{done}_deployment"]
    (event,) = audit.latest()
    assert (event.actor, event.action, event.subject) == ("ed", f"flow.{done}", "random-check/course")


def test_a_viewer_starts_pauses_and_cancels_nothing(wire: Wire) -> None:
    for action in (
        lambda: flow_control.run_now(VIEWER, COURSE),
        lambda: flow_control.set_paused(VIEWER, COURSE, True),
        lambda: flow_control.cancel(VIEWER, "run-1"),
    ):
        with pytest.raises(ForbiddenError):
            action()
    assert wire.sent == [] and audit.latest() == []


def test_a_run_without_a_job_is_cancelled_and_noted(wire: Wire) -> None:
    wire.will("GET", "/flow_runs/run-1", flow_run(state="SCHEDULED"))
    wire.will("POST", "/flow_runs/run-1/set_state", {"status": "ACCEPT"})
    flow_control.cancel(EDITOR, "run-1")
    message = render(say("job.cancelled_by", user="ed"))
    state = {"type": "CANCELLED", "name": "Cancelled", "message": message}
    assert wire.sent[-1] == ("POST", "/flow_runs/run-1/set_state", {"state": state, "force": False})
    (event,) = audit.latest()
    assert (event.actor, event.action, event.subject) == ("ed", "flow.cancel", "run-1")


@pytest.mark.parametrize("state", ["RUNNING", "CANCELLING"])
def test_a_run_that_has_started_is_asked_to_end(wire: Wire, state: str) -> None:
    wire.will("GET", "/flow_runs/run-1", flow_run(state=state))
    wire.will("POST", "/flow_runs/run-1/set_state", {"status": "ACCEPT"})
    flow_control.cancel(EDITOR, "run-1")
    told = wire.sent[-1][2]["state"]
    assert (told["type"], told["name"]) == ("CANCELLING", "Cancelling")


def test_a_run_that_has_ended_is_left_alone(wire: Wire) -> None:
    wire.will("GET", "/flow_runs/run-1", flow_run(state="COMPLETED"))
    jobs.cancel_flow_run("run-1", EDITOR)
    assert [method for method, _, _ in wire.sent] == ["GET"]


def test_a_run_with_a_job_is_cancelled_as_the_job(wire: Wire) -> None:
    job = jobs.adopt(jobs.PREDICT_FILE, "linear", "run-1", {"a": 1})
    assert (job.created_by, job.flow_run_id, job.parameters) == (jobs.SCHEDULE, "run-1", {"a": 1})
    wire.will("GET", "/flow_runs/run-1", flow_run(state="SCHEDULED"))
    wire.will("POST", "/flow_runs/run-1/set_state", {"status": "ACCEPT"})
    assert flow_control.may_cancel(EDITOR, "run-1") and not flow_control.may_cancel(VIEWER, "run-1")
    flow_control.cancel(EDITOR, "run-1")
    ended = jobs.get(job.id)
    assert ended is not None
    assert (ended.state, ended.message) == (jobs.CANCELLED, (say("job.cancelled_before", user="ed"),))
    (event,) = audit.latest()
    assert (event.action, event.subject) == ("job.cancel", "predict-file/linear")
    assert event.details == {"job": job.id}


def test_viewers_may_cancel_what_they_started() -> None:
    mine = jobs._claim(jobs.PREDICT_FILE, "linear", {}, "vic", "run-1")
    assert mine.flow_run_id == "run-1"
    assert flow_control.may_cancel(VIEWER, "run-1")
    assert not flow_control.may_cancel(VIEWER, "run-2")


def test_recent_runs_are_those_that_are_due(wire: Wire) -> None:
    wire.will("POST", "/flow_runs/filter", [flow_run()])
    before = datetime.now(UTC)
    assert [run.id for run in flow_control.recent_runs(["FAILED"], "d", 7, 3)] == ["run-1"]
    flow_control.recent_runs()
    asked, plain = (body for _, _, body in wire.sent)
    until = datetime.fromisoformat(asked["flow_runs"].pop("expected_start_time")["before_"])
    assert timedelta(seconds=4) < until - before < timedelta(seconds=60)
    filters = {"state": {"type": {"any_": ["FAILED"]}}, "deployment_id": {"any_": ["d"]}}
    assert asked == {"limit": 7, "sort": "EXPECTED_START_TIME_DESC", "offset": 3, "flow_runs": filters}
    assert (plain["limit"], plain["offset"]) == (20, 0)
