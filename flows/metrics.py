"""What the flow runner tells Prometheus. Its runs live for seconds: what they did is told by the sidecar."""

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
ENDED = Counter("shifumi_job_watch_ended", "Runs whose process was gone, ended as crashed.", registry=COUNTED)
FAILURES = Counter("shifumi_job_watch_failures", "Looks at the jobs that failed.", registry=COUNTED)
LOOKED_AT = Gauge("shifumi_job_watch_timestamp_seconds", "When the jobs were last looked at.", registry=COUNTED)


class Polling(Protocol):
    """What is asked of Prefect's runner."""

    @property
    def last_polled(self) -> datetime | None: ...

    def has_slots_available(self) -> bool: ...


class RunnerCollector(Collector):
    """Whether this runner asks Prefect for work, and can take any."""

    def __init__(self, runner: Polling) -> None:
        self._runner = runner

    def collect(self) -> Iterator[Metric]:
        yield from COUNTED.collect()
        polled = seconds(self._runner.last_polled)
        yield single("shifumi_runner_poll_timestamp_seconds", "When Prefect was last asked for work.", polled)
        yield single("shifumi_runner_has_room", "1 while another run can start.", self._runner.has_slots_available())
        yield single("shifumi_runner_limit", "How many runs may work at a time.", get_settings().runner_limit)
