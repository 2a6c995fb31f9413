"""The process in which a worker executes one item, so that it can be stopped at any time and crash in isolation."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from loguru import logger

from core.catalog.engine import CatalogUnavailableError
from core.catalog.tables import utcnow
from core.catalog.work_tables import WorkItem
from core.config.logs import setup_logging
from core.config.messages import Message
from core.config.settings import get_settings
from core.jobs import work_errors, work_items
from core.jobs.progress_relay import ProgressRelay
from core.workloads import get_workload
from core.workloads.base import ObservableTraining
from flows import task_registry
from flows.periodic import periodic_thread
from flows.priority import lower_priority

_CARRY_EVERY_S = 1.0


class StoppedError(BaseException):
    """The worker stops this process; not an ``Exception``, so that the work itself cannot catch it."""


def work(item_id: str, owner: str) -> None:
    """Execute the item as its lease owner, and write the result."""
    _install_signal_handlers()
    threading.Thread(target=_end_with_worker, name="end-with-worker", daemon=True).start()
    setup_logging("work")
    lower_priority()
    item = work_items.get(item_id)
    if item is None:
        return
    try:
        with _carrying(item, owner):
            result = task_registry.run_task(item.kind, item.arguments, _ProgressReporter(item_id, owner))
    except (StoppedError, work_items.LeaseLostError):
        logger.info("{} {} was stopped", item.kind, item_id)
    except Exception as error:  # noqa: BLE001 - any error is raised again by the waiting flow
        logger.exception("{} {} failed", item.kind, item_id)
        work_items.fail(item_id, owner, work_errors.packed(error))
    else:
        work_items.complete(item_id, owner, result)


class _ProgressReporter:
    """A :data:`core.config.progress.Report` to the item's row. A write error is only logged, a lost lease stops."""

    def __init__(self, item_id: str, owner: str) -> None:
        self._item_id, self._owner = item_id, owner

    def __call__(self, share: float, message: Message) -> None:
        try:
            work_items.report_progress(self._item_id, self._owner, progress=min(max(share, 0.0), 1.0), message=message)
        except CatalogUnavailableError as error:
            logger.warning("Progress not written: {}", error)
        except work_items.LeaseLostError:
            stop_unless_cancelled(self._item_id)
            raise


def stop_unless_cancelled(item_id: str) -> None:
    """Another worker has the item now: exit immediately, because cleaning up would delete its files."""
    now = work_items.get(item_id)
    if now is not None and now.state != work_items.CANCELLED:
        os._exit(1)


def _install_signal_handlers() -> None:
    # Ctrl-C goes to all processes in the terminal; the worker decides what happens to its item.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stopped)


def _stopped(_number: int, _frame: FrameType | None) -> None:
    raise StoppedError


def _end_with_worker() -> None:
    """End with the worker: a training without it could not be stopped."""
    worker = multiprocessing.parent_process()
    if worker is not None:
        worker.join()
        os._exit(1)


@contextmanager
def _carrying(item: WorkItem, owner: str) -> Iterator[None]:
    """Relay curves to the page and its stop request back, while an observable training runs."""
    learnt: object = get_workload(str(item.arguments["workload"])) if item.kind == task_registry.TRAIN else None
    if not isinstance(learnt, ObservableTraining):
        yield
        return
    relay = ProgressRelay(learnt, item.id, owner, utcnow())

    def relay_progress() -> bool:
        try:
            relay.relay_once()
        except work_items.LeaseLostError:
            return False  # the worker ends this process
        return True

    with periodic_thread("relay_progress", lambda: min(_CARRY_EVERY_S, get_settings().job_heartbeat_s), relay_progress):
        yield
