"""Heavy steps: executed here or, with a broker, by a worker while the flow waits.

The flow owns the job in both cases: it waits, shows progress, sends the message again when a message or a worker was
lost, and cancels the item when the flow itself is cancelled.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from loguru import logger

from core.catalog.engine import CatalogUnavailableError
from core.catalog.work_tables import WorkItem
from core.config.messages import Message, say
from core.config.progress import Report
from core.config.settings import get_settings
from core.jobs import work_errors, work_items, workers
from flows import task_registry

_LOOK_EVERY_S = 0.3
_TRY_AGAIN_S = 3.0


def dispatch(kind: str, job_id: str, arguments: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Execute ``kind`` of :mod:`flows.task_registry` and return its result. Raises the task's errors."""
    settings = get_settings()
    if settings.celery_broker_url is None:
        return task_registry.run_task(kind, arguments, report)
    item = work_items.enqueue(job_id, kind, arguments, task_registry.queue_of(settings, kind, arguments))
    try:
        ended = _Waiting(item, report).until_ended()
    finally:
        with suppress(CatalogUnavailableError):
            work_items.cancel(item.id)  # no effect when it has ended
    if ended.state == work_items.DONE:
        return ended.result
    raise (
        work_errors.unpacked(ended.error) if ended.state == work_items.FAILED else LookupError(say("work.cancelled"))
    )


class _Waiting:
    """A flow that waits for one work item."""

    def __init__(self, item: WorkItem, report: Report) -> None:
        self._item = item
        self._report = report
        self._told: tuple[float, Message] | None = None
        self._ring_at = 0.0
        self._trouble: Message | None = None

    def until_ended(self) -> WorkItem:
        """Raises ``LookupError`` when the item does not exist any more."""
        pause = threading.Event()
        while self._item.state in work_items.OPEN:
            try:
                self._look()
            except CatalogUnavailableError as error:
                logger.warning("Waiting for a worker: {}", error)
            pause.wait(_LOOK_EVERY_S)
        return self._item

    def _look(self) -> None:
        item = work_items.get(self._item.id)
        if item is None:
            raise LookupError(say("work.unknown"))
        self._item = item
        if work_items.out_of_attempts(item):
            work_items.give_up(item, work_errors.packed(work_items.lease_lost(item)))
        elif item.state == work_items.WAITING or work_items.expired(item):
            self._ring_when_due()
            self._tell(item.progress, self._trouble or say("work.waiting", queue=item.queue))
        else:
            self._tell(item.progress, item.message[-1] if item.message else say("job.started"))

    def _ring_when_due(self) -> None:
        from flows.celery_app import BrokerUnavailableError, notify_workers

        if time.monotonic() < self._ring_at:
            return
        self._ring_at = time.monotonic() + get_settings().celery_lease_s
        try:
            notify_workers(self._item.id, self._item.queue)
        except BrokerUnavailableError as error:
            self._ring_at = time.monotonic() + _TRY_AGAIN_S
            self._trouble = say("work.broker_away", error=str(error))
            logger.warning("{}", self._trouble)
            return
        self._trouble = None if workers.listening(self._item.queue) else self._nobody()

    def _nobody(self) -> Message:
        queue = self._item.queue
        return say("work.no_worker", queue=queue, command=workers.start_command([queue]))

    def _tell(self, share: float, message: Message) -> None:
        if (share, message) != self._told:
            self._told = (share, message)
            self._report(share, message)
