"""Live workers: each sends a heartbeat every few seconds, with the queues that it consumes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import delete, select

from core.catalog.engine import CatalogUnavailableError, reading, writing
from core.catalog.tables import utcnow
from core.catalog.work_tables import Worker
from core.config.settings import Settings, get_settings
from core.jobs.broker import broker_problem

_FORGOTTEN_AFTER = timedelta(days=1)


def heartbeat(worker: Worker) -> None:
    """A heartbeat. Also deletes rows of workers that died long ago."""
    worker.seen_at = utcnow()
    with writing() as session:
        session.execute(delete(Worker).where(Worker.seen_at < utcnow() - _FORGOTTEN_AFTER))
        session.merge(worker)


def deregister(name: str) -> None:
    """Delete the row of a worker that stops normally."""
    with writing() as session:
        session.execute(delete(Worker).where(Worker.name == name))


def recent_workers() -> list[Worker]:
    """The workers with a heartbeat within ``SHIFUMI_JOB_STALE_S``."""
    since = utcnow() - timedelta(seconds=get_settings().job_stale_s)
    with reading() as session:
        return list(session.scalars(select(Worker).where(Worker.seen_at >= since).order_by(Worker.name)))


def listening(queue: str) -> list[Worker]:
    """Those that consume ``queue``."""
    return [worker for worker in recent_workers() if queue in worker.queues]


def unattended_queues(queues: Iterable[str]) -> list[str]:
    """Queues without a worker."""
    heard = {name for worker in recent_workers() for name in worker.queues}
    return [name for name in queues if name not in heard]


def used_queues(settings: Settings) -> list[str]:
    """Queues that are used with these settings."""
    return ["default", *([settings.celery_gpu_queue] if settings.celery_gpu_queue else [])]


def start_command(queues: Iterable[str]) -> str:
    """The command that starts a missing worker."""
    return f"python3 manage.py worker --queues {','.join(queues)}"


def workers_problem(settings: Settings) -> str:
    """What is wrong with the broker or its workers, or an empty text."""
    if problem := broker_problem(settings):
        return problem
    try:
        missing = unattended_queues(used_queues(settings))
    except CatalogUnavailableError as error:
        return str(error)
    if not missing:
        return ""
    words = "queues" if len(missing) > 1 else "queue"
    return f"no worker consumes the {words} {' and '.join(missing)}"
