"""Health of every service over time: samples merged into intervals, and statistics.

The flow runner writes (:mod:`core.monitoring.health_sampler`), the Overview reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import delete, select

from core.catalog.engine import reading, writing
from core.catalog.health_tables import HealthSample

MAX_INTERVALS = 4_000
"""Maximum rows per query: a flapping service must not slow down the page."""

_PATIENCE = 3.0
"""After this many intervals without a sample there is a gap."""


class Sample(NamedTuple):
    """One health check of one service; ``at`` is aware UTC."""

    at: datetime
    name: str
    up: bool
    detail: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class HealthInterval:
    """An interval without a change. Times are aware UTC; intervals of a service never overlap."""

    since: datetime
    until: datetime
    up: bool
    detail: str
    milliseconds: float

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()


@dataclass(frozen=True, slots=True)
class History:
    """One service over some time: its intervals, oldest first. Gaps between them mean no data."""

    name: str
    stretches: tuple[HealthInterval, ...]

    @property
    def uptime(self) -> float | None:
        """Uptime as a share of the observed time; None when nothing was observed."""
        seen = sum(stretch.seconds for stretch in self.stretches)
        return sum(stretch.seconds for stretch in self.stretches if stretch.up) / seen if seen else None

    @property
    def last_outage(self) -> HealthInterval | None:
        return next((stretch for stretch in reversed(self.stretches) if not stretch.up), None)

    @property
    def milliseconds(self) -> float | None:
        """Mean response time while it was up."""
        up = [stretch for stretch in self.stretches if stretch.up]
        return sum(stretch.milliseconds for stretch in up) / len(up) if up else None


def record(samples: Sequence[Sample], interval_s: float) -> None:
    """Store samples, oldest first. One too close to the previous one (of a second runner) is left out.

    Raises ``CatalogUnavailableError``.
    """
    if not samples:
        return
    patience = timedelta(seconds=_PATIENCE * interval_s)
    wanted = select(HealthSample).where(HealthSample.until >= samples[0].at - patience).order_by(HealthSample.until)
    with writing() as session:
        newest = {row.name: row for row in session.scalars(wanted)}
        for sample in samples:
            last = newest.get(sample.name)
            if last is not None and sample.at - last.until < timedelta(seconds=interval_s / 2):
                continue
            if last is not None and sample.at - last.until <= patience:
                # The previous interval ends here, whatever the new state.
                last.until = sample.at
                if last.up == sample.up:
                    _extend(last, sample)
                    continue
            newest[sample.name] = _begun(sample)
            session.add(newest[sample.name])


def _extend(row: HealthSample, sample: Sample) -> None:
    row.samples += 1
    row.milliseconds += (sample.milliseconds - row.milliseconds) / row.samples
    row.detail = sample.detail


def _begun(sample: Sample) -> HealthSample:
    return HealthSample(
        name=sample.name,
        up=sample.up,
        detail=sample.detail,
        since=sample.at,
        until=sample.at,
        samples=1,
        milliseconds=sample.milliseconds,
    )


def prune(before: datetime) -> None:
    """Delete intervals that ended before that time. Raises ``CatalogUnavailableError``."""
    with writing() as session:
        session.execute(delete(HealthSample).where(HealthSample.until < before))


def histories(start: datetime) -> dict[str, History]:
    """Service → history since ``start``, from one query for at most :data:`MAX_INTERVALS` rows, the newest.

    Raises ``CatalogUnavailableError``.
    """
    wanted = (
        select(HealthSample).where(HealthSample.until > start).order_by(HealthSample.until.desc()).limit(MAX_INTERVALS)
    )
    with reading() as session:
        rows = sorted(session.scalars(wanted), key=lambda row: (row.name, row.since))
    return {name: History(name, tuple(_apart(found, start))) for name, found in groupby(rows, key=lambda row: row.name)}


def _apart(rows: Iterable[HealthSample], start: datetime) -> Iterable[HealthInterval]:
    """Non-overlapping intervals from ``start`` on: two runners may have written at the same time."""
    reached = start
    for row in rows:
        since = max(row.since, reached)
        if row.until > since:
            yield HealthInterval(since, row.until, row.up, row.detail, row.milliseconds)
            reached = row.until
