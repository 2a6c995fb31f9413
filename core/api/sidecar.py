"""The parts that the routes share, started and stopped together."""

from __future__ import annotations

import gc
import threading

from core.api.metrics import Metrics
from core.api.mlflow_import import import_mlflow
from core.api.pulse import CatalogPulse
from core.auth.tokens import TokenVerifier
from core.config.settings import Settings
from core.models.serving import ChampionWatcher
from core.monitoring.metrics.catalog_watch import CatalogWatch
from core.predictions.log import PredictionLog

WORKLOAD = "linear"

_FLUSH_S = 1.5
_JOIN_S = 0.2


class Sidecar:
    """One per process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.watcher = ChampionWatcher(WORKLOAD)
        self.verifier = TokenVerifier()
        self.log = PredictionLog()
        self.pulse = CatalogPulse()
        self.figures = CatalogWatch()
        self.metrics = Metrics(self.watcher, self.log, self.pulse, self.figures)

    def start(self) -> None:
        """Start the background threads; returns at once."""
        self.log.start()
        self.pulse.start()
        self.figures.start()
        # In a thread: MLflow takes seconds to import, /health should not.
        threading.Thread(target=self._watch, name="mlflow-import", daemon=True).start()

    def stop(self) -> None:
        """Write what is queued and stop, within two seconds: a part that hangs is left behind."""
        # The verifier waits for the catalog as long as that takes, so it gets a thread that may be abandoned.
        closing = threading.Thread(target=self.verifier.close, name="close-tokens", daemon=True)
        closing.start()
        self.log.stop(_FLUSH_S)
        for part in (self.watcher, self.pulse, self.figures):
            part.stop(_JOIN_S)
        closing.join(_JOIN_S)

    def _watch(self) -> None:
        import_mlflow()
        # What is imported stays for good. Looking for garbage in it would stop every request for 150 ms.
        gc.collect()
        gc.freeze()
        self.watcher.start()
