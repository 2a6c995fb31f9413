"""How every service was over time: samples folded into stretches, and what they come to.

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

MOST_STRETCHES = 4_000
"""The most that is read at once: a service that goes up and down at every look must not slow the page."""

_PATIENCE = 3.0
"""After so many intervals without a sample nobody can say how it was: that is a gap."""


class Sample(NamedTuple):
    """One look at one service; ``at`` is aware UTC."""

    at: datetime
    name: str
    up: bool
    detail: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which a service did not change. Times are aware UTC; stretches of a service never overlap."""

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
    """One service over some time: its stretches, oldest first. What lies between them nobody saw."""

    name: str
    stretches: tuple[Stretch, ...]

    @property
    def uptime(self) -> float | None:
        """The share of the observed time in which it was up; None when nothing was observed."""
        seen = sum(stretch.seconds for stretch in self.stretches)
        return sum(stretch.seconds for stretch in self.stretches if stretch.up) / seen if seen else None

    @property
    def last_outage(self) -> Stretch | None:
        return next((stretch for stretch in reversed(self.stretches) if not stretch.up), None)

    @property
    def milliseconds(self) -> float | None:
        """The mean time to answer while it was up."""
        up = [stretch for stretch in self.stretches if stretch.up]
        return sum(stretch.milliseconds for stretch in up) / len(up) if up else None


def record(samples: Sequence[Sample], interval_s: float) -> None:
    """Store samples, oldest first. One that comes too early after another (a second runner's) is left out.

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
                # Whatever it turned into: until now nobody saw it otherwise.
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
    """Forget what ended before that moment. Raises ``CatalogUnavailableError``."""
    with writing() as session:
        session.execute(delete(HealthSample).where(HealthSample.until < before))


def histories(start: datetime) -> dict[str, History]:
    """Service → how it was since ``start``, from one query for at most :data:`MOST_STRETCHES` rows, the newest.

    Raises ``CatalogUnavailableError``.
    """
    wanted = (
        select(HealthSample).where(HealthSample.until > start).order_by(HealthSample.until.desc()).limit(MOST_STRETCHES)
    )
    with reading() as session:
        rows = sorted(session.scalars(wanted), key=lambda row: (row.name, row.since))
    return {name: History(name, tuple(_apart(found, start))) for name, found in groupby(rows, key=lambda row: row.name)}


def _apart(rows: Iterable[HealthSample], start: datetime) -> Iterable[Stretch]:
    """Stretches one after the other, from ``start`` on: two runners may have written at the same moment."""
    reached = start
    for row in rows:
        since = max(row.since, reached)
        if row.until > since:
            yield Stretch(since, row.until, row.up, row.detail, row.milliseconds)
            reached = row.until
