"""Metrics of jobs, from the catalog: results, durations, waiting jobs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from prometheus_client.core import HistogramMetricFamily, Metric
from sqlalchemy import Integer, cast, extract, func, select
from sqlalchemy.orm import Session

from core.catalog.tables import Job, utcnow
from core.config.settings import get_settings
from core.jobs import jobs
from core.monitoring.metrics.families import counter, gauge, seconds

KINDS = (jobs.GENERATE, jobs.CHECK, jobs.PREDICT_FILE, jobs.IMPORT, jobs.PROPOSE, jobs.PREDICT_VIDEO)
ENDS = (jobs.COMPLETED, jobs.FAILED, jobs.CANCELLED, jobs.CRASHED)
_BUCKETS_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, math.inf)

_ENDED = Job.finished_at.is_not(None)


def read(session: Session) -> Iterator[Metric]:
    """The current metric families."""
    yield _ended(session)
    yield _durations(session)
    yield from _alive(session)
    yield from _checks(session)


def _ended(session: Session) -> Metric:
    query = select(Job.kind, Job.state, func.count()).where(_ENDED).group_by(Job.kind, Job.state)
    # With zeros: to Prometheus, a series that first appears at 1 has not increased.
    found = {(kind, state): 0 for kind in KINDS for state in ENDS}
    found |= {(kind, state): count for kind, state, count in session.execute(query).tuples()}
    return counter("shifumi_jobs", "Finished jobs.", ("kind", "state"), found.items())


def _durations(session: Session) -> Metric:
    """Whole seconds from submission to end, of completed jobs."""
    lasted = cast(extract("epoch", Job.finished_at) - extract("epoch", Job.created_at), Integer).label("lasted")
    # Buckets are computed here: in SQL each bucket would compute both times of each job again.
    query = select(Job.kind, lasted, func.count()).where(_ENDED, Job.state == jobs.COMPLETED).group_by("kind", "lasted")
    found: dict[str, list[tuple[int, int]]] = {kind: [] for kind in KINDS}
    for kind, duration, count in session.execute(query).tuples():
        found.setdefault(kind, []).append((duration, count))
    family = HistogramMetricFamily(
        "shifumi_job_duration_seconds", "From submission to end, completed jobs.", labels=["kind"]
    )
    for kind, counts in found.items():
        total = sum(duration * count for duration, count in counts)
        family.add_metric([kind], [(_le(bound), _within(counts, bound)) for bound in _BUCKETS_S], total)
    return family


def _le(bound: float) -> str:
    """The upper bound of a bucket in Prometheus' format."""
    return "+Inf" if bound == math.inf else str(bound)


def _within(counts: list[tuple[int, int]], bound: float) -> float:
    return float(sum(count for duration, count in counts if duration <= bound))


def _alive(session: Session) -> Iterator[Metric]:
    """There are only a few live jobs: each holds a concurrency key."""
    now = utcnow()
    rows = session.execute(
        select(Job.kind, Job.created_at, Job.heartbeat_at).where(Job.finished_at.is_(None)).limit(1000)
    ).all()
    count = dict.fromkeys(((kind, phase) for kind in KINDS for phase in ("waiting", "running")), 0)
    for kind, _asked, beat in rows:
        key = kind, "running" if beat else "waiting"
        count[key] = count.get(key, 0) + 1
    waits = [(now - asked).total_seconds() for _kind, asked, beat in rows if beat is None]
    silences = [(now - beat).total_seconds() for _kind, _asked, beat in rows if beat is not None]
    yield gauge("shifumi_jobs_alive", "Waiting and running jobs.", ("kind", "phase"), count.items())
    yield gauge(
        "shifumi_jobs_oldest_wait_seconds",
        "How long the oldest job has been waiting for a runner.",
        (),
        [((), max(waits, default=0.0))],
    )
    yield gauge(
        "shifumi_jobs_max_heartbeat_age_seconds",
        "Longest time since the last heartbeat of a running job.",
        (),
        [((), max(silences, default=0.0))],
    )


def _checks(session: Session) -> Iterator[Metric]:
    """When each workload was last checked, and the interval of scheduled checks."""
    query = (
        select(Job.workload, func.max(Job.finished_at))
        .where(Job.kind == jobs.CHECK, Job.state == jobs.COMPLETED)
        .group_by(Job.workload)
    )
    last = [((workload,), seconds(moment)) for workload, moment in session.execute(query).tuples()]
    yield gauge("shifumi_last_check_timestamp_seconds", "When a check last completed.", ("workload",), last)
    yield gauge(
        "shifumi_check_interval_seconds",
        "Interval of scheduled checks.",
        (),
        [((), get_settings().check_interval_s)],
    )
