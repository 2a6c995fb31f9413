"""Jobs: submitted to Prefect, tracked in the catalog, cancelled by users with the right role.

A job's ``concurrency_key`` is unique while the job is alive; that constraint, not a check before the insert,
rejects the second of two clicks. Progress and outcome are in the catalog, so a page shows them after a
refresh, to a second user, and while Prefect is down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from loguru import logger
from sqlalchemy import Update, select, update
from sqlalchemy.exc import IntegrityError

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.catalog.engine import reading, writing
from core.catalog.tables import Job, utcnow
from core.catalog.work_tables import WorkItem
from core.config.messages import Message, Messages, message_of, render, say
from core.jobs import prefect_api

GENERATE, CHECK, PREDICT_FILE = "generate-dataset", "check", "predict-file"
IMPORT, PROPOSE, PREDICT_VIDEO = "import-images", "propose-boxes", "predict-video"
_ROLES = {
    GENERATE: Role.EDITOR,
    CHECK: Role.EDITOR,
    PREDICT_FILE: Role.VIEWER,
    PREDICT_VIDEO: Role.VIEWER,
    IMPORT: Role.EDITOR,
    PROPOSE: Role.EDITOR,
}
_ONE_EACH = {PREDICT_FILE, PREDICT_VIDEO}

SCHEDULE = "schedule"
"""``created_by`` of jobs that no user submitted."""

SUBMITTED, RUNNING, COMPLETED, FAILED, CANCELLED, CRASHED = (
    "submitted",
    "running",
    "completed",
    "failed",
    "cancelled",
    "crashed",
)
_OF_PREFECT = {"COMPLETED": COMPLETED, "FAILED": FAILED, "CRASHED": CRASHED, "CANCELLED": CANCELLED}


class JobBusyError(RuntimeError):
    """The same job is already running; ``job`` is the running one."""

    def __init__(self, job: Job) -> None:
        super().__init__(say("job.busy", user=job.created_by, time=job.created_at.strftime("%H:%M:%S")))
        self.job = job


def concurrency_key_of(kind: str, workload: str, username: str) -> str:
    """The concurrency key: one job per workload, and one file and one video prediction per user."""
    return f"{kind}:{username}" if kind in _ONE_EACH else f"{kind}:{workload}"


def submit(actor: Actor, kind: str, workload: str, parameters: Mapping[str, Any] | None = None) -> Job:
    """Submit a flow run of ``kind`` on ``workload`` to Prefect.

    Raises ``ForbiddenError``, :class:`JobBusyError`, or ``PrefectUnavailableError`` / ``PrefectRefusedError``; then no
    job remains.
    """
    require(actor, _ROLES[kind])
    parameters = dict(parameters or {})
    job = _claim(kind, workload, parameters, actor.username)
    try:
        sent = {**parameters, "workload": workload, "job_id": job.id}
        run = prefect_api.create_run(f"{kind}/{workload}", sent, key=job.id)
    except (prefect_api.PrefectUnavailableError, prefect_api.PrefectRefusedError) as error:
        finish(job.id, FAILED, message_of(error))
        raise
    with writing() as session:
        session.execute(update(Job).where(Job.id == job.id).values(flow_run_id=run.id))
    audit.record_event(actor, "job.submit", f"{kind}/{workload}", job=job.id)
    job.flow_run_id = run.id
    return job


def adopt(kind: str, workload: str, flow_run_id: str, parameters: Mapping[str, Any]) -> Job:
    """The job of a run that was not submitted here: scheduled, or started in the Prefect UI.

    Raises :class:`JobBusyError` when the concurrency key is taken.
    """
    return _claim(kind, workload, dict(parameters), SCHEDULE, flow_run_id)


def _claim(kind: str, workload: str, parameters: dict[str, Any], username: str, flow_run_id: str | None = None) -> Job:
    """Insert the job's row; a concurrency key held by a job that has actually ended is freed first."""
    concurrency_key = concurrency_key_of(kind, workload, username)
    for attempt in (1, 2):
        job = Job(
            id=str(uuid4()),
            kind=kind,
            workload=workload,
            concurrency_key=concurrency_key,
            flow_run_id=flow_run_id,
            parameters=parameters,
            created_by=username,
            message=(say("job.waiting"),),
        )
        try:
            with writing() as session:
                session.add(job)
            return job
        except IntegrityError:
            holder = holder_of(concurrency_key)
            if holder is not None and (attempt == 2 or not settle(holder)):
                raise JobBusyError(holder) from None
    raise RuntimeError(f"concurrency key {concurrency_key} was claimed by other jobs meanwhile; try again")


def holder_of(concurrency_key: str) -> Job | None:
    """The live job that holds a concurrency key."""
    with reading() as session:
        return session.scalar(select(Job).where(Job.concurrency_key == concurrency_key))


def get(job_id: str) -> Job | None:
    with reading() as session:
        return session.get(Job, job_id)


def of_flow_run(flow_run_id: str) -> Job | None:
    with reading() as session:
        return session.scalar(select(Job).where(Job.flow_run_id == flow_run_id))


def latest(kind: str | None = None, workload: str | None = None, username: str | None = None) -> Job | None:
    """The newest job of that kind, running or finished."""
    found = listed(kind, workload, username, limit=1)
    return found[0] if found else None


def listed(
    kind: str | None = None, workload: str | None = None, username: str | None = None, limit: int = 20
) -> list[Job]:
    """Jobs, newest first."""
    query = select(Job).order_by(Job.created_at.desc()).limit(limit)
    for column, wanted in ((Job.kind, kind), (Job.workload, workload), (Job.created_by, username)):
        if wanted:
            query = query.where(column == wanted)
    with reading() as session:
        return list(session.scalars(query))


def alive() -> list[Job]:
    """Jobs that have not ended."""
    with reading() as session:
        return list(session.scalars(select(Job).where(Job.finished_at.is_(None))))


def report(job_id: str, progress: float, message: Message) -> None:
    """Progress (0 to 1) as the running flow sees it; a sign of life too."""
    _update(job_id, state=RUNNING, progress=min(max(progress, 0.0), 1.0), message=message, heartbeat_at=utcnow())


def beat(job_id: str) -> None:
    """A heartbeat. A job without one for ``SHIFUMI_JOB_STALE_S`` seconds counts as crashed."""
    _update(job_id, heartbeat_at=utcnow())


def finish(job_id: str, state: str, message: Message | Messages, result: Mapping[str, Any] | None = None) -> bool:
    """End a job and free its concurrency key; False when it had already ended."""
    values: dict[str, Any] = {"state": state, "message": message, "finished_at": utcnow(), "concurrency_key": None}
    if state == COMPLETED:
        values["progress"] = 1.0
    if result is not None:
        values["result"] = dict(result)
    # Its work item ends with it: the worker notices at its next heartbeat.
    handed_over = update(WorkItem).where(WorkItem.job_id == job_id, WorkItem.finished_at.is_(None))
    return _update(job_id, handed_over.values(state=CANCELLED, finished_at=utcnow()), **values)


def _update(job_id: str, also: Update | None = None, **values: Any) -> bool:
    """Change a live job, and ``also`` related rows; finished jobs stay unchanged."""
    with writing() as session:
        outcome = session.execute(update(Job).where(Job.id == job_id, Job.finished_at.is_(None)).values(**values))
        changed = bool(outcome.rowcount)  # type: ignore[attr-defined]
        if changed and also is not None:
            session.execute(also)
        return changed


def settle(job: Job) -> bool:
    """Check in Prefect whether ``job``'s run has ended and, if so, end the job too. True when it has ended.

    Raises nothing: while Prefect does not respond, the job counts as alive.
    """
    if job.flow_run_id is None:
        return False
    try:
        run = prefect_api.get_run(job.flow_run_id)
    except prefect_api.PrefectUnavailableError:
        return False
    except prefect_api.PrefectRefusedError:
        return finish(job.id, FAILED, say("job.unknown_to_prefect"))
    if not run.terminal:
        return False
    finish(job.id, _OF_PREFECT[run.state_type], ended_message(job, run.state_message or run.state_name))
    return True


def ended_message(job: Job, said: str) -> Message:
    """How a job ended whose Prefect state message is ``said``: who cancelled it, else Prefect's message."""
    asked = next((one for one in job.message if one.code == "job.cancelling" and "user" in one.parameters), None)
    return say("job.cancelled_by", user=asked.parameters["user"]) if asked else say("job.prefect", text=said)


def cancel(actor: Actor, job_id: str) -> None:
    """Cancel a job, waiting or running. Users may cancel their own jobs, editors all jobs.

    Raises ``ForbiddenError``, ``LookupError`` when it has already ended, or ``PrefectUnavailableError``.
    """
    job = get(job_id)
    if job is None or job.finished_at is not None:
        raise LookupError(say("job.ended"))
    require(actor, Role.VIEWER if job.created_by == actor.username else Role.EDITOR)
    audit.record_event(actor, "job.cancel", f"{job.kind}/{job.workload}", job=job_id)
    if job.flow_run_id is not None:
        _stop_flow_run(job.flow_run_id, actor)
    if job.heartbeat_at is None:
        finish(job_id, CANCELLED, say("job.cancelled_before", user=actor.username))
    else:
        _update(job_id, message=say("job.cancelling", user=actor.username))


def cancel_flow_run(flow_run_id: str, actor: Actor) -> None:
    """Cancel a flow run that may have no job. Raises what :func:`cancel` raises."""
    require(actor, Role.EDITOR)
    _stop_flow_run(flow_run_id, actor)


def _stop_flow_run(flow_run_id: str, actor: Actor) -> None:
    """Request cancellation by the runner; a run that has not started is cancelled immediately."""
    run = prefect_api.get_run(flow_run_id)
    if run.terminal:
        return
    started = run.state_type in {"RUNNING", "CANCELLING"}
    state, name = ("CANCELLING", "Cancelling") if started else ("CANCELLED", "Cancelled")
    prefect_api.set_state(flow_run_id, state, name, render(say("job.cancelled_by", user=actor.username)))
    logger.info("{} cancelled flow run {}", actor.username, run.name)
