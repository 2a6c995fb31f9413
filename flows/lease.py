"""A worker's thread for one item: renews the lease, watches the process that does the work, and ends it."""

from __future__ import annotations

import signal
import threading
import time
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

from loguru import logger

from core.catalog.engine import CatalogUnavailableError
from core.catalog.work_tables import WorkItem
from core.config.messages import say
from core.config.settings import get_settings
from core.jobs import work_errors, work_items
from flows.celery_app import BrokerUnavailableError, notify_workers
from flows.work_process import work

_LOOK_EVERY_S = 0.2
_GRACE_S = 3.0
_SHUTDOWN_SHOWS_S = 0.5


class TimeLimitError(RuntimeError):
    """The work exceeded ``SHIFUMI_CELERY_TIME_LIMIT_S``."""


class LeaseHolder:
    """Holds the leases of the worker ``name`` until ``stopping`` is set; one thread each."""

    def __init__(self, name: str, context: BaseContext) -> None:
        self.name = name
        self.stopping = threading.Event()
        self._context = context

    def hold(self, item_id: str) -> None:
        """Execute an item from claim to end. Does nothing when it is claimed, done or cancelled."""
        item = None if self.stopping.is_set() else work_items.claim(item_id, self.name)
        if item is None:
            return
        logger.info("{} {} begins (attempt {})", item.kind, item.id, item.attempts)
        process: BaseProcess = self._context.Process(target=work, args=(item.id, item.lease_owner))  # type: ignore[attr-defined]
        process.start()
        try:
            _Watch(item, process, self.stopping).until_gone()
        finally:
            process.join()
            process.close()


class _Watch:
    """One process that executes one item."""

    def __init__(self, item: WorkItem, process: BaseProcess, stopping: threading.Event) -> None:
        settings = get_settings()
        self._item, self._process, self._stopping = item, process, stopping
        self._owner = item.lease_owner or ""
        self._lease_s = settings.celery_lease_s
        self._renew_every = min(settings.job_heartbeat_s, self._lease_s / 3)
        now = time.monotonic()
        self._renew_at, self._lease_ends = now + self._renew_every, now + self._lease_s
        self._late = now + settings.celery_time_limit_s

    def until_gone(self) -> None:
        """Returns when the process has ended and the item's state is final or released."""
        while not wait([self._process.sentinel], timeout=_LOOK_EVERY_S):
            now = time.monotonic()
            if self._stopping.is_set():
                # Killed: cleaning up would delete an upload that the next worker needs.
                self._kill()
                return self._give_back(blameless=True)
            if now > self._late:
                return self._too_late()
            if now >= self._renew_at and not self._renewed(now):
                return self._end()
        return self._judge()

    def _renewed(self, now: float) -> bool:
        """Whether the lease is still valid; an unavailable catalog is tolerated until the lease has expired."""
        try:
            held = work_items.renew(self._item.id, self._owner)
        except CatalogUnavailableError as error:
            logger.warning("Lease not renewed: {}", error)
            return now < self._lease_ends
        self._renew_at, self._lease_ends = now + self._renew_every, now + self._lease_s
        return held

    def _end(self) -> None:
        """The lease is gone: done a moment ago, cancelled (cleaning up is fine), or taken over (it is not)."""
        try:
            item = work_items.get(self._item.id)
            state = item.state if item is not None else work_items.CANCELLED
        except CatalogUnavailableError:
            state = work_items.RUNNING
        if state in (work_items.DONE, work_items.FAILED):
            self._process.join(_GRACE_S)
            return self._kill()
        cancelled = state == work_items.CANCELLED
        logger.warning("{} {} is {}", self._item.kind, self._item.id, "cancelled" if cancelled else "lost: stopping")
        return self._terminate() if cancelled else self._kill()

    def _too_late(self) -> None:
        self._terminate()
        limit = get_settings().celery_time_limit_s
        error = TimeLimitError(say("work.too_long", limit=limit))
        work_items.fail(self._item.id, self._owner, work_errors.packed(error))

    def _judge(self) -> None:
        """The process exited: is the item's state final?"""
        item = work_items.get(self._item.id)
        if item is None or item.lease_owner != self._owner:
            return
        # A signal to all processes reaches this one and that one at the same moment.
        stopped = self._stopping.wait(_SHUTDOWN_SHOWS_S)
        code = self._process.exitcode or 0
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        logger.error("The process executing {} {} died ({})", item.kind, item.id, how)
        if not stopped and item.attempts >= get_settings().celery_max_attempts:
            work_items.fail(item.id, self._owner, work_errors.packed(work_items.lease_lost(item, how)))
        else:
            self._give_back(blameless=stopped)

    def _give_back(self, *, blameless: bool) -> None:
        if not work_items.release(self._item.id, self._owner, blameless=blameless):
            return
        try:
            notify_workers(self._item.id, self._item.queue)
        except BrokerUnavailableError as error:
            logger.warning("The flow will send the message again later: {}", error)

    def _terminate(self) -> None:
        self._process.terminate()
        self._process.join(_GRACE_S)
        self._kill()

    def _kill(self) -> None:
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
