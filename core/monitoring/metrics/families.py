"""Shortcuts to create metric families."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

Rows = Iterable[tuple[Sequence[object], float | None]]
"""Label values with their value; None means no sample."""


def gauge(name: str, text: str, labels: Sequence[str], rows: Rows) -> Metric:
    """A gauge."""
    return _filled(GaugeMetricFamily(name, text, labels=labels), rows)


def counter(name: str, text: str, labels: Sequence[str], rows: Rows) -> Metric:
    """A counter; ``_total`` is added to the name."""
    return _filled(CounterMetricFamily(name, text, labels=labels), rows)


def single(name: str, text: str, value: float | None) -> Metric:
    """A gauge without labels."""
    return gauge(name, text, (), [((), value)])


def seconds(moment: datetime | None) -> float | None:
    """A time as Prometheus counts: seconds since 1970."""
    return moment.timestamp() if moment else None


def _filled(family: GaugeMetricFamily | CounterMetricFamily, rows: Rows) -> Metric:
    for labels, value in rows:
        if value is not None:
            family.add_metric([str(label) for label in labels], value)
    return family
