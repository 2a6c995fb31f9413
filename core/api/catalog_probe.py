"""Checks in the background whether the catalog responds.

``/health`` and ``/metrics`` read the last result, so they never wait for a database.
"""

from __future__ import annotations

import threading

from loguru import logger
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from core.catalog.engine import CatalogUnavailableError, reading
from core.catalog.tables import Evaluation

_EVERY_S = 2.0


class CatalogProbe:
    """``problem`` is why the catalog does not respond; None while it does, and before the first check."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="catalog-probe", daemon=True)
        self.checked = False
        self.problem: str | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        self._stop.set()
        self._thread.join(timeout_s)

    def check(self) -> None:
        """Query the catalog once and store the result."""
        try:
            with reading() as session:
                session.scalar(select(Evaluation.id).limit(1))
        except (CatalogUnavailableError, SQLAlchemyError) as error:
            if self.problem is None:
                logger.warning("The catalog does not respond: {}", error)
            self.problem = str(error)
        else:
            self.problem = None
        self.checked = True

    def _run(self) -> None:
        while not self._stop.is_set():
            self.check()
            self._stop.wait(_EVERY_S)
