"""The worker processes for images, started on first use, with a bounded queue."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from threading import Lock
from typing import ParamSpec, TypeVar

from loguru import logger

from core.api import image_worker, problems
from core.api.problems import Problem

P = ParamSpec("P")
T = TypeVar("T")


class WorkerLostError(RuntimeError):
    """A worker process died during its work: out of memory, or killed."""


class ImagePool:
    """``workers`` processes; up to ``waiting`` requests are queued in addition to those being processed."""

    def __init__(self, workers: int, waiting: int) -> None:
        self._workers, self._most = workers, workers + waiting
        self._busy = 0
        self._pool: ProcessPoolExecutor | None = None
        self._others: set[BaseProcess] = set()
        self._making = Lock()

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place in the queue, taken before the body is read, which bounds memory as well. Only for the event loop's
        thread.

        Raises :class:`Problem` (503) when the queue is full.
        """
        if self._busy >= self._most:
            detail = f"{self._busy} images are being processed or queued. Send this one again after a second."
            raise Problem(problems.OVERLOADED, detail, (("retry-after", "1"),))
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work`` in a worker process. Raises the errors of ``work``, or :class:`WorkerLostError`."""
        pool = self._started()
        try:
            return await asyncio.wrap_future(pool.submit(work, *args, **kwargs))
        except BrokenProcessPool as error:
            raise self._lost(pool) from error

    def run_blocking(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """:meth:`run` for threads that may block."""
        pool = self._started()
        try:
            return pool.submit(work, *args, **kwargs).result()
        except BrokenProcessPool as error:
            raise self._lost(pool) from error

    def stop(self) -> None:
        """Cancel queued work and terminate the processes. Returns immediately."""
        with self._making:
            if self._pool is None:
                return
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
            # A process that loads a model would hold up the end of this one for as long as that takes.
            for child in set(multiprocessing.active_children()) - self._others:
                child.terminate()

    def _started(self) -> ProcessPoolExecutor:
        with self._making:
            if self._pool is None:
                # spawn: a fork of a process with threads may inherit a lock that is never released.
                self._others = set(multiprocessing.active_children())
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(self._workers, context, image_worker.init_worker)
            return self._pool

    def _lost(self, pool: ProcessPoolExecutor) -> WorkerLostError:
        """A pool that lost a process is unusable: the next request starts a new one."""
        with self._making:
            if self._pool is pool:
                self._pool = None
        pool.shutdown(wait=False)
        logger.error("An image worker ended unexpectedly; the next image starts a new one")
        return WorkerLostError("The image worker has ended.")
