"""Broker and workers, if a broker is set."""

from __future__ import annotations

from collections.abc import Iterator

from core.catalog.engine import CatalogUnavailableError
from core.cli.findings import Finding, ok, problem, warning
from core.config.settings import Settings
from core.jobs import workers
from core.jobs.broker import broker_problem, embedded


def check_workers(settings: Settings) -> Iterator[Finding]:
    """Does the broker respond, and does each queue have a worker?"""
    if settings.celery_broker_url is None:
        return
    if reason := broker_problem(settings):
        yield problem(
            f"Workers: {reason}",
            "`python3 manage.py run` creates the folder."
            if embedded(settings)
            else "Start Redis there, or correct SHIFUMI_CELERY_BROKER_URL. Work items wait until it responds.",
        )
        return
    yield ok("The broker responds")
    try:
        yield from _listeners(settings)
    except CatalogUnavailableError:
        return  # reported by the check of the catalog


def _listeners(settings: Settings) -> Iterator[Finding]:
    for queue in workers.used_queues(settings):
        if names := [worker.name for worker in workers.listening(queue)]:
            yield ok(f"Workers that consume the queue {queue}: {', '.join(names)}")
        else:
            yield warning(f"No worker consumes the queue {queue}", f"`{workers.start_command([queue])}`")
