"""Request counters without locks: only the event loop's thread writes, scrapes read.

``prometheus_client``'s own counters use locks and label look-ups, which cost more than a small request may take.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

_BUCKETS_S = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0)
_BOUNDS = [*map(str, _BUCKETS_S), "+Inf"]


class _Tally:
    """The requests of one route: by status, by duration, and total seconds."""

    __slots__ = ("seconds", "statuses", "times")

    def __init__(self) -> None:
        self.statuses: dict[int, int] = {}
        self.times = [0] * len(_BOUNDS)
        self.seconds = 0.0


class RouteMeter(Collector):
    """``rows``: predicted rows by workload."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}
        self.rows: dict[str, int] = {}

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count one request. ``route`` must come from a small fixed set."""
        tally = self._tallies.get(route)
        if tally is None:
            tally = self._tallies[route] = _Tally()
        tally.statuses[status] = tally.statuses.get(status, 0) + 1
        tally.times[bisect_left(_BUCKETS_S, seconds)] += 1
        tally.seconds += seconds

    def predicted(self, workload: str, rows: int) -> None:
        """Count predicted rows or images."""
        self.rows[workload] = self.rows.get(workload, 0) + rows

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "shifumi_http_requests", "Requests, by route and status.", labels=["route", "status"]
        )
        times = HistogramMetricFamily(
            "shifumi_http_request_duration_seconds",
            "Time from the request headers to the end of the response.",
            labels=["route"],
        )
        for route, tally in list(self._tallies.items()):
            for status, count in list(tally.statuses.items()):
                requests.add_metric([route, str(status)], count)
            buckets = list(zip(_BOUNDS, accumulate(tally.times), strict=True))
            times.add_metric([route], buckets, tally.seconds)
        rows = CounterMetricFamily("shifumi_predicted_rows", "Rows and images predicted.", labels=["workload"])
        for workload, count in list(self.rows.items()):
            rows.add_metric([workload], count)
        yield from (requests, times, rows)
