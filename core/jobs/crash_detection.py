"""Ends jobs and flow runs without a heartbeat as crashed.

A running flow sends a heartbeat every few seconds. When the runner is killed, nobody is left to report that
its flows died; this watch, run by every flow runner, detects the missing heartbeats.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from loguru import logger

from core.catalog.tables import Job
from core.config.messages import render, say
from core.config.settings import get_settings
from core.jobs import jobs, prefect_api
from core.loop import decisions

_LOST = say("job.lost")
_STATES = {
    jobs.COMPLETED: ("COMPLETED", "Completed"),
    jobs.FAILED: ("FAILED", "Failed"),
    jobs.CANCELLED: ("CANCELLED", "Cancelled"),
    jobs.CRASHED: ("CRASHED", "Crashed"),
}


def end_lost_jobs() -> list[str]:
    """End dead jobs and return the flow runs concerned. Raises ``PrefectUnavailableError``."""
    ended = [run for job in jobs.alive() if (run := _end_if_dead(job)) is not None]
    running = prefect_api.runs(["PENDING", "RUNNING", "CANCELLING"], limit=200, sort="START_TIME_ASC")
    return ended + [run.id for run in running if _end_run_if_dead(run)]


def _end_if_dead(job: Job) -> str | None:
    """A job without a heartbeat: ended with Prefect's state, else as crashed."""
    if job.heartbeat_at is None:
        # Not started: it waits for a runner, unless Prefect already ended it or lost it.
        return job.flow_run_id if jobs.settle(job) else _end_if_never_sent(job)
    if not _silent_since(job.heartbeat_at) or jobs.settle(job):
        return None
    if not jobs.finish(job.id, jobs.CRASHED, _LOST):
        return None
    logger.warning("{}/{}: no heartbeat, ended as crashed", job.kind, job.workload)
    if job.kind == jobs.CHECK:
        decisions.failed(job.workload, _LOST, job.flow_run_id)
    return job.flow_run_id


def _end_if_never_sent(job: Job) -> str | None:
    """The page process died between claiming the concurrency key and reaching Prefect."""
    if job.flow_run_id is None and _silent_since(job.created_at):
        jobs.finish(job.id, jobs.FAILED, say("job.never_sent"))
    return None


def _end_run_if_dead(run: prefect_api.FlowRun) -> bool:
    """A flow run that is alive in Prefect while its job has ended, or without any process."""
    job = jobs.of_flow_run(run.id)
    if job is not None and job.finished_at is None and job.heartbeat_at is not None:
        return False
    ended = job is not None and job.finished_at is not None
    since = job.finished_at if job is not None and ended else run.state_at
    if since is not None and not _silent_since(since):
        return False
    state, name = _STATES[job.state] if job is not None and ended else ("CRASHED", "Crashed")
    message = job.message if job is not None and ended else _LOST
    prefect_api.set_state(run.id, state, name, render(message), force=True)
    if job is not None:
        jobs.settle(job)
    return True


def _silent_since(moment: datetime) -> bool:
    return datetime.now(UTC) - moment > timedelta(seconds=get_settings().job_stale_s)
