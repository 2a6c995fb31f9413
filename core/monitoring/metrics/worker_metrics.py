"""Metrics of work items and workers: queue length, results, live workers."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.catalog.tables import utcnow
from core.catalog.work_tables import WorkItem
from core.config.settings import get_settings
from core.jobs import work_items, workers
from core.monitoring.metrics.families import counter, gauge

_ENDS = (work_items.DONE, work_items.FAILED, work_items.CANCELLED)


def read(session: Session) -> Iterator[Metric]:
    """The current metric families; none where workers were never used."""
    query = select(WorkItem.queue, WorkItem.state, func.count()).group_by(WorkItem.queue, WorkItem.state)
    found = {(queue, state): count for queue, state, count in session.execute(query).tuples()}
    settings = get_settings()
    used = workers.used_queues(settings) if settings.celery_broker_url is not None else []
    queues = sorted({queue for queue, _state in found} | set(used))
    if not queues:
        return
    # With zeros: to Prometheus, a series that first appears at 1 has not increased.
    open_ = [((queue, state), found.get((queue, state), 0)) for queue in queues for state in work_items.OPEN]
    ended = [((queue, state), found.get((queue, state), 0)) for queue in queues for state in _ENDS]
    yield gauge("shifumi_work_items", "Waiting and running work items.", ("queue", "state"), open_)
    yield counter("shifumi_work_items_ended", "Finished work items.", ("queue", "state"), ended)
    yield _oldest_wait(session, queues)
    yield _restarted(session, queues)
    yield _live_workers(queues)


def _oldest_wait(session: Session, queues: list[str]) -> Metric:
    query = select(WorkItem.queue, func.min(WorkItem.created_at)).where(WorkItem.state == work_items.WAITING)
    since = dict(session.execute(query.group_by(WorkItem.queue)).tuples().all())
    now = utcnow()
    waits = [((queue,), (now - since[queue]).total_seconds() if queue in since else 0.0) for queue in queues]
    text = "How long the oldest work item has been waiting."
    return gauge("shifumi_work_oldest_wait_seconds", text, ("queue",), waits)


def _restarted(session: Session, queues: list[str]) -> Metric:
    query = select(WorkItem.queue, func.sum(WorkItem.attempts - 1)).where(WorkItem.attempts > 1)
    taken = dict(session.execute(query.group_by(WorkItem.queue)).tuples().all())
    rows = [((queue,), float(taken.get(queue, 0))) for queue in queues]
    return counter("shifumi_work_items_restarted", "Work items restarted because their worker died.", ("queue",), rows)


def _live_workers(queues: list[str]) -> Metric:
    alive = workers.recent_workers()
    rows = [((queue,), float(sum(queue in worker.queues for worker in alive))) for queue in queues]
    return gauge("shifumi_workers", "Live workers that consume the queue.", ("queue",), rows)
