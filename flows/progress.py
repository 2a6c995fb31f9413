"""The common frame of every flow: claim its job, send heartbeats and progress, end the job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import httpx
from loguru import logger
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.exceptions import PrefectException
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from core.catalog.engine import CatalogUnavailableError
from core.catalog.tables import Job
from core.config.logs import setup_logging
from core.config.messages import Message, Messages, message_of, render, say
from core.config.progress import Report
from core.config.settings import get_settings
from core.jobs import jobs
from flows.periodic import periodic_thread


@dataclass
class RunningJob:
    """The job of the current flow run; call :meth:`report` during the work."""

    job: Job
    result: dict[str, Any] = field(default_factory=dict)
    message: Message | Messages = field(default_factory=lambda: say("job.done"))
    _artifact: UUID | None = None

    def report(self, share: float, message: Message) -> None:
        """Write progress to the catalog, the run's log and a Prefect progress artifact.

        Errors of the catalog or of Prefect are only logged, so that reporting never stops the work.
        """
        words = render(message)
        get_run_logger().info("%3.0f %% %s", share * 100, words)
        try:
            jobs.report(self.job.id, share, message)
            self._show_in_prefect(share * 100, words)
        except (CatalogUnavailableError, PrefectException, httpx.HTTPError) as error:
            logger.warning("Progress not written: {}", error)

    def _show_in_prefect(self, percent: float, words: str) -> None:
        if self._artifact is None:
            # Prefect allows lower case letters, digits and dashes in a key.
            made = create_progress_artifact(percent, key=self.job.kind, description=words)
            self._artifact = cast(UUID, made)  # a coroutine only in async flows
        else:
            update_progress_artifact(self._artifact, percent, description=words)

    def part(self, start: float, end: float) -> Report:
        """A report that covers only a part of the progress bar."""
        return lambda share, message: self.report(start + (end - start) * share, message)


@contextmanager
def running(kind: str, workload: str, job_id: str | None, **parameters: Any) -> Iterator[RunningJob]:
    """Own the job of the current flow run until the block ends.

    Raises :class:`core.jobs.jobs.JobBusyError` when a scheduled run finds the concurrency key taken.
    """
    setup_logging("flows")
    job = jobs.get(job_id) if job_id else jobs.adopt(kind, workload, str(flow_run.id), parameters)
    if job is None or job.finished_at is not None:
        raise RuntimeError(say("job.not_needed", job=job_id))
    current = RunningJob(job)
    with periodic_thread("heartbeat", lambda: get_settings().job_heartbeat_s, lambda: jobs.beat(current.job.id)):
        try:
            current.report(0.0, say("job.started"))
            yield current
        except Exception as error:
            jobs.finish(job.id, jobs.FAILED, message_of(error))
            raise
        jobs.finish(job.id, jobs.COMPLETED, current.message, current.result)
