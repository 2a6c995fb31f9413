"""Reads metrics from the catalog in the background, so that a scrape never waits for a database.

Flow runs last seconds and cannot be scraped. Their results are in the catalog, and the long-running sidecar exports
them. When the catalog does not respond the metrics are left out rather than served stale.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from loguru import logger
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from core.catalog.engine import CatalogUnavailableError, reading
from core.monitoring.metrics import data_metrics, job_metrics, model_metrics, worker_metrics
from core.monitoring.metrics.families import single

_EVERY_S = 5.0
_STALE_S = 60.0
_SHARE = 20
"""Factor between the pause and the duration of the previous read, within limits: large catalogs are read less often."""

_AT_MOST_S = 30.0


class CatalogCollector(Collector):
    """``read_at``: when the catalog last responded, on the monotonic clock; None before the first time."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="catalog-figures", daemon=True)
        self._families: list[Metric] = []
        self._failing = False
        self.read_at: float | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        self._stop.set()
        self._thread.join(timeout_s)

    def collect(self) -> Iterator[Metric]:
        """The metrics of the last read; empty when it failed or is too old."""
        if self.read_at is not None and time.monotonic() - self.read_at < _STALE_S:
            yield from self._families

    def refresh(self) -> float:
        """Read all metrics once; returns the duration in seconds."""
        began = time.monotonic()
        try:
            with reading() as session:
                found = [*job_metrics.read(session), *model_metrics.read(session), *data_metrics.read(session)]
                found += worker_metrics.read(session)
        except (CatalogUnavailableError, SQLAlchemyError):
            self._families = []  # the log has the reason
        except Exception:  # noqa: BLE001 - an invalid row must not stop the collector: its metrics are missing, and the error is logged
            self._families = []
            if not self._failing:
                logger.exception("Catalog metrics cannot be exported")
            self._failing = True
        else:
            took = time.monotonic() - began
            found.append(single("shifumi_catalog_read_seconds", "Duration of reading these metrics.", took))
            self._families, self.read_at, self._failing = found, time.monotonic(), False
        return time.monotonic() - began

    def _run(self) -> None:
        while not self._stop.is_set():
            self._stop.wait(pause_s(self.refresh()))


def pause_s(took_s: float) -> float:
    """The pause after a read that took ``took_s``: short enough for the metrics not to become stale."""
    return min(max(_EVERY_S, _SHARE * took_s), _AT_MOST_S)
