"""Work items: created by a flow, claimed by one worker at a time, ended once.

Every change is one conditional UPDATE, so a duplicate message, a worker that resumes after a long pause and two
workers in the same millisecond have one effect. Leases compare clocks of several machines: synchronise them with NTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, or_, select, update

from core.catalog.engine import reading, writing
from core.catalog.tables import Job, utcnow
from core.catalog.work_tables import WorkItem
from core.config.messages import say
from core.config.settings import get_settings

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
OPEN = (WAITING, RUNNING)


class WorkLostError(RuntimeError):
    """Workers died repeatedly on an item; the message says what to check."""


class LeaseLostError(RuntimeError):
    """Another worker has this item, or it was cancelled: stop, and write nothing."""


def enqueue(job_id: str, kind: str, arguments: Mapping[str, Any], queue: str) -> WorkItem:
    """Create a work item. Raises ``LookupError`` when the job has ended meanwhile."""
    item = WorkItem(id=str(uuid4()), job_id=job_id, kind=kind, arguments=dict(arguments), queue=queue, state=WAITING)
    with writing() as session:
        if session.scalar(select(Job.id).where(Job.id == job_id, Job.finished_at.is_(None))) is None:
            raise LookupError(say("job.ended"))
        session.add(item)
    return item


def get(item_id: str) -> WorkItem | None:
    with reading() as session:
        return session.get(WorkItem, item_id)


def running_of(job_id: str) -> WorkItem | None:
    """The work item that a job is waiting for."""
    with reading() as session:
        return session.scalar(select(WorkItem).where(WorkItem.job_id == job_id, WorkItem.state == RUNNING))


def expired(item: WorkItem) -> bool:
    """Whether a worker held it and its lease has expired."""
    return item.state == RUNNING and (item.lease_until is None or item.lease_until < utcnow())


def claim(item_id: str, worker: str) -> WorkItem | None:
    """Claim an item that waits, or whose lease has expired; None when there is nothing to claim."""
    settings = get_settings()
    free = or_(WorkItem.state == WAITING, and_(WorkItem.state == RUNNING, WorkItem.lease_until < utcnow()))
    owner = str(uuid4())
    taken = _change(
        (WorkItem.id == item_id, free, WorkItem.attempts < settings.celery_max_attempts),
        state=RUNNING,
        attempts=WorkItem.attempts + 1,
        lease_owner=owner,
        lease_until=_lease(),
        worker=worker,
        started_at=utcnow(),
        message=say("work.taken", worker=worker),
    )
    item = get(item_id) if taken else None
    return item if item is not None and item.lease_owner == owner else None  # it may be cancelled already


def renew(item_id: str, owner: str) -> bool:
    """Renew the lease; False when it is lost and the work has to stop."""
    return _change(_held(item_id, owner), lease_until=_lease())


def report_progress(item_id: str, owner: str, **values: Any) -> None:
    """Write progress, message or curves as the lease owner. Raises :class:`LeaseLostError` for any other worker."""
    if not _change(_held(item_id, owner), **values):
        raise LeaseLostError(say("work.lease_lost"))


def complete(item_id: str, owner: str, result: Mapping[str, Any]) -> bool:
    """End it with a result; False when the lease was lost, and then nothing is written."""
    return _end(_held(item_id, owner), DONE, result=dict(result), progress=1.0)


def fail(item_id: str, owner: str, error: Mapping[str, Any]) -> bool:
    """End it with an error; False when the lease was lost."""
    return _end(_held(item_id, owner), FAILED, error=dict(error))


def release(item_id: str, owner: str, *, blameless: bool) -> bool:
    """Release it for another worker. ``blameless``: the worker was stopped, which is no failed attempt."""
    attempts = WorkItem.attempts - 1 if blameless else WorkItem.attempts
    return _change(
        _held(item_id, owner),
        state=WAITING,
        lease_owner=None,
        lease_until=None,
        attempts=attempts,
        message=say("work.waiting_again"),
    )


def out_of_attempts(item: WorkItem) -> bool:
    """Whether all attempts are used up."""
    return item.attempts >= get_settings().celery_max_attempts and expired(item)


def lease_lost(item: WorkItem, how: str = "its lease ran out") -> WorkLostError:
    """The message about an item that may not be attempted again."""
    return WorkLostError(say("work.crashed", attempts=item.attempts, worker=item.worker, how=how))


def give_up(item: WorkItem, error: Mapping[str, Any]) -> bool:
    """End an item that is :func:`out_of_attempts`; False when it was changed meanwhile."""
    unchanged = (WorkItem.id == item.id, WorkItem.state == item.state, WorkItem.attempts == item.attempts)
    return _end((*unchanged, WorkItem.lease_until < utcnow()), FAILED, error=dict(error))


def cancel(item_id: str) -> bool:
    """Cancel it: the worker notices at its next heartbeat."""
    return _end((WorkItem.id == item_id, WorkItem.state.in_(OPEN)), CANCELLED)


def request_stop(item_id: str, username: str) -> bool:
    """Record a request to end the running training early; False when it has ended."""
    return _change((WorkItem.id == item_id, WorkItem.state == RUNNING), stop_asked_by=username)


def _held(item_id: str, owner: str) -> tuple[ColumnElement[bool], ...]:
    return (WorkItem.id == item_id, WorkItem.lease_owner == owner, WorkItem.state == RUNNING)


def _lease() -> Any:
    return utcnow() + timedelta(seconds=get_settings().celery_lease_s)


def _end(where: tuple[ColumnElement[bool], ...], state: str, **values: Any) -> bool:
    return _change(where, state=state, finished_at=utcnow(), lease_owner=None, lease_until=None, **values)


def _change(where: tuple[ColumnElement[bool], ...], **values: Any) -> bool:
    with writing() as session:
        outcome = session.execute(update(WorkItem).where(*where).values(**values))
        return bool(outcome.rowcount)  # type: ignore[attr-defined]
