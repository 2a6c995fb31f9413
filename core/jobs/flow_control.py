"""Deployments as pages show them, and the actions on them: run, pause, resume, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.jobs import jobs, prefect_api

RANDOM_CHECK = "random-check"
NEEDS_INPUT = {
    jobs.PREDICT_FILE: "Starts when a file is uploaded on the Predict page.",
    jobs.PREDICT_VIDEO: "Starts when a video is uploaded on the Predict page.",
    jobs.IMPORT: "Starts when a dataset is uploaded on the Datasets page.",
}
"""Flows that cannot be started by a button, and what starts them."""

_SUBMITTED = {jobs.GENERATE, jobs.CHECK, jobs.PROPOSE}


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment. ``every`` is None without an interval schedule;
    ``other_schedule`` is then Prefect's description of another kind of schedule, or empty."""

    id: str
    flow: str
    name: str
    description: str
    paused: bool
    ready: bool
    every: timedelta | None
    other_schedule: str

    @property
    def full_name(self) -> str:
        return f"{self.flow}/{self.name}"

    @property
    def scheduled(self) -> bool:
        return self.every is not None or bool(self.other_schedule)


def deployments() -> list[Deployment]:
    """All deployments, scheduled ones first. Raises ``PrefectUnavailableError``."""
    flows = prefect_api.flow_names()
    found = [_deployment(raw, flows.get(raw["flow_id"], "?")) for raw in prefect_api.deployments()]
    return sorted(found, key=lambda item: (not item.scheduled, item.flow, item.name))


def _deployment(raw: Mapping[str, Any], flow: str) -> Deployment:
    active = [item["schedule"] for item in raw.get("schedules") or () if item.get("active")]
    interval = next((float(item["interval"]) for item in active if "interval" in item), None)
    other = next((str(item.get("cron") or item.get("rrule")) for item in active if "interval" not in item), "")
    return Deployment(
        id=str(raw["id"]),
        flow=flow,
        name=str(raw["name"]),
        description=str(raw.get("description") or ""),
        paused=bool(raw.get("paused")),
        ready=raw.get("status") == "READY",
        every=timedelta(seconds=interval) if interval is not None else None,
        other_schedule="" if interval is not None else other,
    )


def next_run(deployment: Deployment) -> datetime | None:
    """The next scheduled run; None when there is none. Raises ``PrefectUnavailableError``."""
    if deployment.paused or not deployment.scheduled:
        return None
    planned = prefect_api.runs(["SCHEDULED"], deployment.id, limit=1, sort="EXPECTED_START_TIME_ASC")
    return planned[0].expected_start if planned else None


def run_now(actor: Actor, deployment: Deployment, parameters: Mapping[str, Any] | None = None) -> str:
    """Start a run and return its id. Our own flows go through :mod:`core.jobs.jobs`, for
    concurrency keys and progress. ``parameters`` are the flow's own, its defaults otherwise.

    Raises ``ForbiddenError``, :class:`core.jobs.jobs.JobBusyError`, ``ValueError`` for a flow that needs input,
    ``PrefectUnavailableError`` or ``PrefectRefusedError``.
    """
    require(actor, Role.EDITOR)
    if deployment.flow in NEEDS_INPUT:
        raise ValueError(NEEDS_INPUT[deployment.flow])
    if deployment.flow in _SUBMITTED:
        job = jobs.submit(actor, deployment.flow, deployment.name, parameters)
        return job.flow_run_id or ""
    run = prefect_api.create_run(deployment.full_name, dict(parameters or {}))
    audit.record_event(actor, "flow.run", deployment.full_name, flow_run=run.id)
    return run.id


def set_paused(actor: Actor, deployment: Deployment, paused: bool) -> None:
    """Pause or resume the schedule; runs in progress continue.

    Raises ``ForbiddenError``, ``PrefectUnavailableError`` or ``PrefectRefusedError``.
    """
    require(actor, Role.EDITOR)
    prefect_api.set_paused(deployment.id, paused)
    audit.record_event(actor, "flow.pause" if paused else "flow.resume", deployment.full_name)


def cancel(actor: Actor, flow_run_id: str) -> None:
    """Cancel a run, with or without a job.

    Raises ``ForbiddenError``, ``LookupError`` when it has already ended, ``PrefectUnavailableError`` or
    ``PrefectRefusedError``.
    """
    job = jobs.of_flow_run(flow_run_id)
    if job is not None and job.finished_at is None:
        jobs.cancel(actor, job.id)
        return
    require(actor, Role.EDITOR)
    jobs.cancel_flow_run(flow_run_id, actor)
    audit.record_event(actor, "flow.cancel", flow_run_id)


def may_cancel(actor: Actor, flow_run_id: str) -> bool:
    """Whether :func:`cancel` allows it: editors always, viewers for runs that they started."""
    if actor.role.rank >= Role.EDITOR.rank:
        return True
    job = jobs.of_flow_run(flow_run_id)
    return job is not None and job.created_by == actor.username


def recent_runs(
    states: list[str] | None = None, deployment_id: str | None = None, limit: int = 20, offset: int = 0
) -> list[prefect_api.FlowRun]:
    """Runs that are due, newest first; runs scheduled for later are left out.

    Raises ``PrefectUnavailableError``.
    """
    soon = datetime.now(UTC) + timedelta(seconds=5)
    return prefect_api.runs(states, deployment_id, limit, offset=offset, due_before=soon)
