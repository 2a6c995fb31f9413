"""Jobs and runs without a heartbeat: which are ended, how, and which are left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core.catalog.engine import writing
from core.catalog.tables import Job
from core.config.messages import render, say
from core.config.settings import get_settings
from core.jobs import crash_detection, jobs
from core.loop import decisions
from tests.unit.jobs.wire import Wire, flow_run


@pytest.fixture(autouse=True)
def nothing_runs(wire: Wire) -> None:
    wire.will("POST", "/flow_runs/filter", [])


def job(kind: str = jobs.CHECK, run: str | None = "run-1", **values: Any) -> Job:
    """A job of long ago, with these columns."""
    made = jobs._claim(kind, "linear", {}, "ed", run)
    with writing() as session:
        session.execute(update(Job).where(Job.id == made.id).values(created_at=long_ago(), **values))
    return now(made)


def now(made: Job) -> Job:
    found = jobs.get(made.id)
    assert found is not None
    return found


def long_ago() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=get_settings().job_stale_s + 60)


def fresh() -> datetime:
    return datetime.now(UTC)


def test_a_silent_job_is_ended_as_crashed_and_shown_on_the_timeline(wire: Wire) -> None:
    wire.will("GET", "/flow_runs/run-1", flow_run())
    lost = job(heartbeat_at=long_ago())
    assert crash_detection.end_lost_jobs() == ["run-1"]
    assert (now(lost).state, now(lost).message) == (jobs.CRASHED, (say("job.lost"),))
    (decision,) = decisions.latest("linear")
    assert (decision.kind, decision.reason) == (decisions.FAILED, (say("job.lost"),))
    assert decision.flow_run_id == "run-1"
    (asked,) = [body for method, path, body in wire.sent if path == "/flow_runs/filter"]
    assert asked["flow_runs"] == {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}}
    assert (asked["limit"], asked["sort"]) == (200, "START_TIME_ASC")


def test_other_silent_jobs_leave_the_timeline_alone(wire: Wire) -> None:
    wire.will("GET", "/flow_runs/run-1", flow_run())
    lost = job(jobs.PREDICT_FILE, heartbeat_at=long_ago())
    assert crash_detection.end_lost_jobs() == ["run-1"]
    assert now(lost).state == jobs.CRASHED
    assert decisions.latest() == []


def test_a_job_with_a_heartbeat_is_left_alone(wire: Wire) -> None:
    alive = job(heartbeat_at=fresh())
    assert crash_detection.end_lost_jobs() == []
    assert now(alive).finished_at is None


def test_a_silent_job_that_prefect_has_ended_ends_as_prefect_says(wire: Wire) -> None:
    wire.will("GET", "/flow_runs/run-1", flow_run(state="COMPLETED"))
    done = job(heartbeat_at=long_ago())
    assert crash_detection.end_lost_jobs() == []
    assert (now(done).state, now(done).message) == (jobs.COMPLETED, (say("job.prefect", text="Completed"),))
    assert decisions.latest() == []


@pytest.mark.parametrize(
    ("state", "ended"),
    [("COMPLETED", "completed"), ("FAILED", "failed"), ("CRASHED", "crashed"), ("CANCELLED", "cancelled")],
)
def test_a_job_that_waits_is_ended_when_prefect_ended_its_run(wire: Wire, state: str, ended: str) -> None:
    raw = flow_run(state=state)
    raw["state"]["message"] = "as it was"
    wire.will("GET", "/flow_runs/run-1", raw)
    waiting = job()
    assert crash_detection.end_lost_jobs() == ["run-1"]
    assert (now(waiting).state, now(waiting).message) == (ended, (say("job.prefect", text="as it was"),))


def test_a_job_that_waits_for_a_runner_waits_on(wire: Wire) -> None:
    wire.will("GET", "/flow_runs/run-1", flow_run(state="SCHEDULED"))
    waiting = job()
    assert crash_detection.end_lost_jobs() == []
    assert now(waiting).finished_at is None


def test_a_run_that_prefect_does_not_know_ends_its_job(wire: Wire) -> None:
    wire.will("GET", "/flow_runs/run-1", status=404)
    unknown = job()
    assert crash_detection.end_lost_jobs() == ["run-1"]
    assert (now(unknown).state, now(unknown).message) == (jobs.FAILED, (say("job.unknown_to_prefect"),))


def test_while_prefect_is_away_a_job_counts_as_alive(wire: Wire) -> None:
    wire.will("GET", "/flow_runs/run-1", status=500)
    assert not jobs.settle(job())


def test_a_job_that_never_reached_prefect_fails_after_a_while(wire: Wire) -> None:
    old = job(run=None)
    young = jobs._claim(jobs.GENERATE, "linear", {}, "ed")
    assert crash_detection.end_lost_jobs() == []
    assert (now(old).state, now(old).message) == (jobs.FAILED, (say("job.never_sent"),))
    assert now(young).finished_at is None


def test_who_asked_for_the_end_is_named(wire: Wire) -> None:
    asked = job(heartbeat_at=fresh())
    with writing() as session:
        session.execute(update(Job).where(Job.id == asked.id).values(message=say("job.cancelling", user="ann")))
    assert jobs.ended_message(now(asked), "Cancelled") == say("job.cancelled_by", user="ann")
    assert jobs.ended_message(job(jobs.GENERATE, "run-2"), "Cancelled") == say("job.prefect", text="Cancelled")


def running(wire: Wire, since: datetime) -> None:
    raw = flow_run()
    raw["state"]["timestamp"] = since.isoformat()
    wire.answers.clear()
    wire.will("POST", "/flow_runs/filter", [raw])
    wire.will("GET", "/flow_runs/run-1", flow_run(state="CRASHED"))
    wire.will("POST", "/flow_runs/run-1/set_state", {"status": "ACCEPT"})


def proposed(wire: Wire) -> list[Any]:
    return [body for _, path, body in wire.sent if path.endswith("/set_state")]


def test_a_run_without_a_job_that_was_silent_for_long_is_crashed(wire: Wire) -> None:
    running(wire, long_ago())
    assert crash_detection.end_lost_jobs() == ["run-1"]
    state = {"type": "CRASHED", "name": "Crashed", "message": render(say("job.lost"))}
    assert proposed(wire) == [{"state": state, "force": True}]


def test_a_run_that_has_just_begun_is_left_alone(wire: Wire) -> None:
    running(wire, fresh())
    assert crash_detection.end_lost_jobs() == []
    assert proposed(wire) == []


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (jobs.COMPLETED, ("COMPLETED", "Completed")),
        (jobs.FAILED, ("FAILED", "Failed")),
        (jobs.CANCELLED, ("CANCELLED", "Cancelled")),
        (jobs.CRASHED, ("CRASHED", "Crashed")),
    ],
)
def test_a_run_whose_job_ended_long_ago_ends_as_it(wire: Wire, state: str, told: tuple[str, str]) -> None:
    running(wire, fresh())
    over = job(heartbeat_at=long_ago())
    jobs.finish(over.id, state, say("job.done"))
    assert crash_detection.end_lost_jobs() == [], "it may still be tidying up"
    with writing() as session:
        session.execute(update(Job).where(Job.id == over.id).values(finished_at=long_ago()))
    assert crash_detection.end_lost_jobs() == ["run-1"]
    (body,) = proposed(wire)
    assert (body["state"]["type"], body["state"]["name"]) == told
    assert body["state"]["message"] == render(say("job.done"))


def test_a_run_whose_job_lives_is_left_alone(wire: Wire) -> None:
    running(wire, long_ago())
    job(heartbeat_at=fresh())
    assert crash_detection.end_lost_jobs() == []
    assert proposed(wire) == []
