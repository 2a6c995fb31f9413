"""Prometheus metrics of the sidecar. Each is documented in ``docs/monitoring.md`` (tested)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.api.catalog_probe import CatalogProbe
from core.api.route_meter import RouteMeter
from core.models.registry import model_name
from core.models.serving import ChampionWatcher
from core.monitoring.metrics.catalog_collector import CatalogCollector
from core.monitoring.metrics.machine_metrics import MachineCollector
from core.predictions.log import PredictionLog


class Metrics:
    """The metrics of one sidecar, in a separate registry. ``routes`` counts requests."""

    def __init__(
        self, watchers: Sequence[ChampionWatcher], log: PredictionLog, probe: CatalogProbe, catalog: CatalogCollector
    ) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # an unused second series per counter
        self.routes = RouteMeter()
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        for collector in (self.routes, MachineCollector(), _StateCollector(watchers, log, probe), catalog):
            self._registry.register(collector)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class _StateCollector(Collector):
    """Reads the counters of other components at scrape time. Queries no database."""

    def __init__(self, watchers: Sequence[ChampionWatcher], log: PredictionLog, probe: CatalogProbe) -> None:
        self._watchers, self._log, self._probe = watchers, log, probe

    def collect(self) -> Iterator[Metric]:
        yield from self._model()
        yield from self._prediction_log()
        up = GaugeMetricFamily("shifumi_catalog_up", "1 while the catalog responds.")
        up.add_metric([], int(self._probe.problem is None))
        yield up

    def _model(self) -> Iterator[Metric]:
        info = GaugeMetricFamily(
            "shifumi_model_info", "The champion that is served.", labels=["workload", "model", "version", "dataset_id"]
        )
        loaded = GaugeMetricFamily(
            "shifumi_model_loaded_timestamp_seconds", "Time at which the champion was loaded.", labels=["workload"]
        )
        reloads = CounterMetricFamily("shifumi_model_reloads", "Models loaded for serving.", labels=["workload"])
        for watcher in self._watchers:
            workload = watcher.workload
            if served := watcher.current:
                version = served.version
                info.add_metric([workload, model_name(workload), str(version.version), str(version.dataset_id)], 1)
                loaded.add_metric([workload], served.loaded_at.timestamp())
            reloads.add_metric([workload], watcher.loads)
        yield from (info, loaded, reloads)

    def _prediction_log(self) -> Iterator[Metric]:
        log = self._log
        queue = GaugeMetricFamily("shifumi_prediction_log_queue", "Logged requests that wait to be written.")
        queue.add_metric([], log.queued)
        written = CounterMetricFamily("shifumi_prediction_log_written", "Requests written to the catalog.")
        written.add_metric([], log.written)
        dropped = CounterMetricFamily("shifumi_prediction_log_dropped", "Requests not logged: the queue was full.")
        dropped.add_metric([], log.dropped)
        yield from (queue, written, dropped)
