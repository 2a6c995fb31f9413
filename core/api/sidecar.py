"""Shared state of the routes, started and stopped together."""

from __future__ import annotations

import gc
import threading

from loguru import logger

from core.api.catalog_probe import CatalogProbe
from core.api.image_models import RemoteLoader
from core.api.image_pool import ImagePool
from core.api.metrics import Metrics
from core.api.mlflow_import import import_mlflow
from core.auth.tokens import TokenVerifier
from core.config.settings import Settings
from core.models.champion_poller import ChampionPoller
from core.models.serving import ChampionWatcher
from core.monitoring.metrics.catalog_collector import CatalogCollector
from core.predictions.label_limit import LabelLimit
from core.predictions.log import PredictionLog
from core.predictions.request_ids import RequestIds
from core.workloads import DEFAULT, WORKLOADS

_FLUSH_S = 1.5
_JOIN_S = 0.2


class Sidecar:
    """One per process. ``watchers``: the served workloads by name, the one of the short ``/predict`` first."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.images = ImagePool(settings.predict_image_workers, settings.predict_image_queue)
        self.watchers = {name: self._watcher(name) for name in served_workloads(settings)}
        self.watcher = self.watchers[DEFAULT]
        self._watch = ChampionPoller(list(self.watchers.values()), settings.watch_interval_s)
        self.verifier = TokenVerifier()
        self.log = PredictionLog()
        self.request_ids = RequestIds()
        self.label_limit = LabelLimit(settings.feedback_per_hour)
        self.catalog_probe = CatalogProbe()
        self.figures = CatalogCollector()
        self.metrics = Metrics(list(self.watchers.values()), self.log, self.catalog_probe, self.figures)

    def start(self) -> None:
        """Start the background threads; returns at once."""
        self.log.start()
        self.catalog_probe.start()
        self.figures.start()
        # In a thread: MLflow takes seconds to import, /health should not.
        threading.Thread(target=self._import_and_watch, name="mlflow-import", daemon=True).start()

    def stop(self) -> None:
        """Flush queues and stop, within two seconds; a component that hangs is abandoned."""
        # The verifier waits for the catalog as long as that takes, so it gets a thread that may be abandoned.
        closing = threading.Thread(target=self.verifier.close, name="close-tokens", daemon=True)
        closing.start()
        self.log.stop(_FLUSH_S)
        self.images.stop()
        for part in (self._watch, self.catalog_probe, self.figures):
            part.stop(_JOIN_S)
        closing.join(_JOIN_S)

    def _import_and_watch(self) -> None:
        import_mlflow()
        # What is imported stays for good. Looking for garbage in it would stop every request for 150 ms.
        gc.collect()
        gc.freeze()
        self._watch.start()

    def _watcher(self, name: str) -> ChampionWatcher:
        # An image model takes some hundred megabytes: it is loaded when the first image comes, in a worker process.
        if WORKLOADS[name].data_kind == "images":
            return ChampionWatcher(name, RemoteLoader(self.images), lazy=True)
        return ChampionWatcher(name)


def served_workloads(settings: Settings) -> list[str]:
    """The names of the served workloads, the default one first: ``SHIFUMI_API_WORKLOADS``, or all."""
    able = [name for name, workload in WORKLOADS.items() if workload.data_kind in ("rows", "images")]
    wanted = [name.strip() for name in (settings.api_workloads or "").split(",") if name.strip()] or able
    for name in wanted:
        if name not in able:
            logger.error("SHIFUMI_API_WORKLOADS names {!r}, which cannot be served; available are {}", name, able)
    return [DEFAULT, *(name for name in able if name in wanted and name != DEFAULT)]
