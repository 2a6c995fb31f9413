"""What the sidecar wants to know from the catalog, asked in the background.

``/health`` and ``/metrics`` read the last answer from here: they never wait for a database.
"""

from __future__ import annotations

import threading

from loguru import logger
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from core.catalog.engine import CatalogUnavailableError, reading
from core.catalog.tables import Evaluation
from core.serving import ChampionWatcher

_EVERY_S = 2.0


class CatalogPulse:
    """``problem``: why the catalog does not answer, None while it does or before the first look.

    ``evaluation``: the newest measurement of the served champion, as far as there is one.
    """

    def __init__(self, watcher: ChampionWatcher) -> None:
        self._watcher = watcher
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="catalog-pulse", daemon=True)
        self.looked = False
        self.problem: str | None = None
        self.evaluation: Evaluation | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        self._stop.set()
        self._thread.join(timeout_s)

    def look(self) -> None:
        """Ask once. Keeps the last evaluation when the catalog does not answer."""
        try:
            self.evaluation = self._newest_evaluation()
        except (CatalogUnavailableError, SQLAlchemyError) as error:
            if self.problem is None:
                logger.warning("The catalog does not answer: {}", error)
            self.problem = str(error)
        else:
            self.problem = None
        self.looked = True

    def _newest_evaluation(self) -> Evaluation | None:
        served = self._watcher.current
        version = served.version.version if served else 0
        query = select(Evaluation).where(Evaluation.workload == self._watcher.workload, Evaluation.version == version)
        with reading() as session:
            return session.scalar(query.order_by(Evaluation.id.desc()).limit(1))

    def _run(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(_EVERY_S)
