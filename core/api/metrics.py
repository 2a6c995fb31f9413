"""What Prometheus can read. Each metric is explained in ``docs/monitoring.md``; a test fails when one is not."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.api.pulse import CatalogPulse
from core.models.registry import model_name
from core.models.serving import ChampionWatcher
from core.monitoring.metrics.catalog_watch import CatalogWatch
from core.monitoring.metrics.machine import MachineCollector
from core.predictions.log import PredictionLog

_BUCKETS_S = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0)


class Metrics:
    """The metrics of one sidecar, in a registry of their own."""

    def __init__(
        self, watcher: ChampionWatcher, log: PredictionLog, pulse: CatalogPulse, catalog: CatalogWatch
    ) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # a second series per counter, which nobody reads
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "shifumi_http_requests", "Answered requests.", ["route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "shifumi_http_request_duration_seconds",
            "Time from the request's head to the end of the answer.",
            ["route"],
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        self.rows = Counter("shifumi_predicted_rows", "Rows answered by /predict.", registry=self._registry)
        self._bound: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        ProcessCollector(registry=self._registry)
        for collector in (MachineCollector(), _StateCollector(watcher, log, pulse), catalog):
            self._registry.register(collector)

    def count(self, route: str, status: int, seconds: float) -> None:
        """Note one answered request. ``route`` must come from a small fixed set."""
        bound = self._bound.get((route, status)) or self._bind(route, status)
        bound[0].inc()
        bound[1].observe(seconds)

    def _bind(self, route: str, status: int) -> tuple[Counter, Histogram]:
        """Looking labels up costs more than counting: it is done once."""
        bound = self._requests.labels(route, str(status)), self._seconds.labels(route)
        self._bound[route, status] = bound
        return bound

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class _StateCollector(Collector):
    """Reads what other parts already count, at the moment of the scrape. Asks no database."""

    def __init__(self, watcher: ChampionWatcher, log: PredictionLog, pulse: CatalogPulse) -> None:
        self._watcher, self._log, self._pulse = watcher, log, pulse

    def collect(self) -> Iterator[Metric]:
        yield from self._model()
        yield from self._prediction_log()
        up = GaugeMetricFamily("shifumi_catalog_up", "1 while the catalog answers.")
        up.add_metric([], int(self._pulse.problem is None))
        yield up

    def _model(self) -> Iterator[Metric]:
        info = GaugeMetricFamily(
            "shifumi_model_info", "The champion that is served.", labels=["workload", "model", "version", "dataset_id"]
        )
        loaded = GaugeMetricFamily(
            "shifumi_model_loaded_timestamp_seconds", "When the champion was taken into service.", labels=["workload"]
        )
        workload = self._watcher.workload
        if served := self._watcher.current:
            version = served.version
            info.add_metric([workload, model_name(workload), str(version.version), str(version.dataset_id)], 1)
            loaded.add_metric([workload], served.loaded_at.timestamp())
        reloads = CounterMetricFamily("shifumi_model_reloads", "Models taken into service.", labels=["workload"])
        reloads.add_metric([workload], self._watcher.loads)
        yield from (info, loaded, reloads)

    def _prediction_log(self) -> Iterator[Metric]:
        log = self._log
        queue = GaugeMetricFamily("shifumi_prediction_log_queue", "Entries that wait to be written.")
        queue.add_metric([], log.queued)
        written = CounterMetricFamily("shifumi_prediction_log_written", "Entries written to the catalog.")
        written.add_metric([], log.written)
        dropped = CounterMetricFamily("shifumi_prediction_log_dropped", "Entries lost because the queue was full.")
        dropped.add_metric([], log.dropped)
        yield from (queue, written, dropped)
