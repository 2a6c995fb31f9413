"""The prediction log, written to the catalog in the background.

A request costs a few microseconds: its summary goes into a bounded queue that one thread empties every second. When the
catalog is slow or does not respond, the oldest *entries* are dropped and counted; a *request* never fails.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

import msgspec
from loguru import logger
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.catalog.engine import CatalogUnavailableError, reading, writing
from core.catalog.tables import Base, PredictionBatch
from core.config.settings import get_settings
from core.predictions.entries import LogEntry, RowEntry, condensed, row_summary, summary

_TABLE = Base.metadata.tables[PredictionBatch.__tablename__]
_CHUNK = 2_000
_THREADS = 500
_SWEEP_EVERY_S = 10.0

# What a batch has in common is bound once: to look it up in each entry's JSON takes as long as to insert the entry.
_INSERT_JSON = text(
    f"INSERT INTO {_TABLE.name} ({', '.join(LogEntry._fields)}) SELECT "  # noqa: S608 - names of ours
    "json_extract(value, '$[0]'), :workload, :version, :source, :rows, json_extract(value, '$[1]'), "
    "json_extract(value, '$[2]'), json_extract(value, '$[3]') FROM json_each(:batch)"
)


def _write(session: Session, batch: list[LogEntry | RowEntry]) -> None:
    """Insert a batch in one statement, which SQLite executes without Python's interpreter lock.

    Row by row it would take the lock a thousand times, each time from a running request.
    """
    if session.get_bind().dialect.name != "sqlite":
        # The table, not the class: the mapper would double the time per row.
        session.execute(insert(_TABLE), [summary(entry)._asdict() for entry in batch])
        return
    for (workload, version, source, rows), entries in groupby(batch, key=_shared):
        varying = msgspec.json.encode([_varying(entry) for entry in entries]).decode()
        shared = {"workload": workload, "version": version, "source": source, "rows": rows}
        session.execute(_INSERT_JSON, {**shared, "batch": varying})


def _shared(entry: LogEntry | RowEntry) -> tuple[str, int, str, int]:
    """The values that successive entries have in common."""
    if isinstance(entry, LogEntry):
        return entry[1:5]
    return *entry[1:4], 1


def _varying(entry: LogEntry | RowEntry) -> tuple[Any, ...]:
    """The other values, in the order of ``_INSERT_JSON``."""
    if isinstance(entry, LogEntry):
        return (entry.at.replace(tzinfo=None).isoformat(" ", "microseconds"), *entry[5:])
    at, *_, row, probabilities = entry
    second, microseconds = divmod(round(at * 1e6), 1_000_000)
    return (f"{_second(second)}.{microseconds:06d}", *row_summary(row, probabilities))


@lru_cache(maxsize=8)
def _second(second: int) -> str:
    """A time in SQLite's format without its fraction: the same for thousands of entries."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


class PredictionLog:
    """The queue and its writer thread. One per process; :meth:`add` is thread-safe.

    ``queued``, ``written`` and ``dropped`` count what was added; ``problem`` says why the catalog takes none,
    and is None while it does.
    """

    def __init__(self, capacity: int | None = None, interval_s: float = 1.0) -> None:
        settings = get_settings()
        self._queue: deque[LogEntry | RowEntry] = deque(maxlen=capacity or settings.prediction_log_queue)
        self._half = self.capacity // 2
        # So far below the end nothing is dropped, whatever the writer puts back and other threads add meanwhile.
        self._roomy = min(self._half, self.capacity - _CHUNK - _THREADS)
        self._lock = threading.Lock()
        self._keep = settings.prediction_log_keep
        self._interval_s = interval_s
        self._sweep_due = 0.0
        self._in_hand = 0
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)
        self.written = 0
        self.dropped = 0
        self.problem: str | None = None

    @property
    def queued(self) -> int:
        with self._lock:
            return len(self._queue) + self._in_hand

    @property
    def capacity(self) -> int:
        return self._queue.maxlen or 0

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Write queued entries for at most ``timeout_s``; the rest is counted and logged."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout_s)
        if self.queued:
            logger.warning("{} entries of the prediction log were lost at shutdown", self.queued)

    def add(self, entry: LogEntry | RowEntry) -> None:
        """Queue an entry; the oldest one is dropped when the queue is full. Never waits for the catalog.

        A single row with probabilities is queued as it is; the writer thread summarises it.
        """
        if len(self._queue) < self._roomy:
            self._queue.append(entry)  # one step for the interpreter: a lock would only make requests wait
            return
        with self._lock:
            self.dropped += len(self._queue) == self._queue.maxlen
            self._queue.append(entry)
        if len(self._queue) > self._half and not self._wake.is_set():
            self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            # A half-full queue is emptied early; but a failing catalog is retried once per interval.
            (self._stop if self.problem else self._wake).wait(self._interval_s)
            self._wake.clear()
            self._empty()
        self._empty()

    def _empty(self) -> None:
        """Write until the queue is empty or the catalog fails. With an empty queue the catalog is not accessed."""
        before = self.written
        while batch := self._take():
            try:
                with writing() as session:
                    _write(session, condensed(batch))
            except (CatalogUnavailableError, SQLAlchemyError) as error:
                self._put_back(batch)
                self._report(error)
                return
            self.written += len(batch)
            self._in_hand = 0
            if self.problem is not None:
                logger.info("The prediction log is written again")
            self.problem = None
        if self.written > before:
            self._sweep()

    def _take(self) -> list[LogEntry | RowEntry]:
        with self._lock:
            batch = [self._queue.popleft() for _ in range(min(_CHUNK, len(self._queue)))]
            self._in_hand = len(batch)
            return batch

    def _put_back(self, batch: list[LogEntry | RowEntry]) -> None:
        """The batch is older than newer entries: its oldest part is dropped when the queue is full."""
        with self._lock:
            room = self.capacity - len(self._queue)
            kept = batch[-room:] if room else []
            self.dropped += len(batch) - len(kept)
            self._queue.extendleft(reversed(kept))
            self._in_hand = 0

    def _sweep(self) -> None:
        """Delete the oldest rows beyond the maximum, so that the table stops growing."""
        if time.monotonic() < self._sweep_due:
            return
        self._sweep_due = time.monotonic() + _SWEEP_EVERY_S
        try:
            with reading() as session:
                newest = session.scalar(select(func.max(PredictionBatch.id))) or 0
                oldest = session.scalar(select(func.min(PredictionBatch.id))) or 0
            if oldest <= newest - self._keep:
                with writing() as session:
                    session.execute(delete(PredictionBatch).where(PredictionBatch.id <= newest - self._keep))
        except (CatalogUnavailableError, SQLAlchemyError) as error:
            self._report(error)

    def _report(self, error: Exception) -> None:
        if self.problem is None:  # once, not every second
            logger.warning("The prediction log waits: {}", error)
        self.problem = str(error)
