"""Prometheus metrics of the flow runner. Results of its runs are exported by the sidecar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from core.config.settings import get_settings
from core.monitoring.metrics.families import seconds, single

COUNTED = CollectorRegistry()
ENDED = Counter("shifumi_job_watch_ended", "Runs without a process, ended as crashed.", registry=COUNTED)
FAILURES = Counter("shifumi_job_watch_failures", "Failed checks of the jobs.", registry=COUNTED)
LOOKED_AT = Gauge("shifumi_job_watch_timestamp_seconds", "Time of the last check of the jobs.", registry=COUNTED)


class Polling(Protocol):
    """The part of Prefect's runner that is used."""

    @property
    def last_polled(self) -> datetime | None: ...

    def has_slots_available(self) -> bool: ...


class RunnerCollector(Collector):
    """Whether this runner polls Prefect, and has free slots."""

    def __init__(self, runner: Polling) -> None:
        self._runner = runner

    def collect(self) -> Iterator[Metric]:
        yield from COUNTED.collect()
        polled = seconds(self._runner.last_polled)
        yield single("shifumi_runner_poll_timestamp_seconds", "When Prefect was last polled.", polled)
        yield single(
            "shifumi_runner_slot_available", "1 while another run can start.", self._runner.has_slots_available()
        )
        yield single("shifumi_runner_limit", "Maximum number of concurrent runs.", get_settings().runner_limit)
