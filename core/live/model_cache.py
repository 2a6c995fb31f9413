"""The champion in memory while at least one stream is active, and the starter model while there is no champion.

A stream calls :meth:`ModelCache.current` for each frame: it returns immediately, and keeps a thread alive that loads
and verifies models and polls for a newer champion. After a period without calls the thread ends and releases the model.
"""

from __future__ import annotations

import gc
import threading
import time

from loguru import logger

from core.config.settings import get_settings
from core.live.frames import Model
from core.models import serving
from core.models.serving import ChampionWatcher, Served

IDLE_S = 5.0
STARTER = "starter"

NO_MODEL = "There is no model yet. Create a dataset: the first model is then trained automatically."


def model_of(served: Served) -> Model:
    """A loaded version as a stream's model; version 0 is the starter."""
    version = served.version
    name = f"v{version.version}" if version.version else STARTER
    return Model(f"{version.workload}-{name}-{version.sha256}", name, served.predictor)


def starter_model(workload: str) -> Model:
    """The starter model of the workload. Raises ``ModelRefusedError`` when there is none or it is damaged."""
    served = serving.served_starter(workload)
    if served is None:
        raise serving.ModelRefusedError(NO_MODEL)
    return model_of(served)


class ModelCache:
    """The serving model. ``problem`` is why there is none, or why the newest champion is rejected."""

    def __init__(
        self,
        workload: str,
        interval_s: float | None = None,
        idle_s: float = IDLE_S,
    ) -> None:
        self.problem: str | None = None
        self._workload = workload
        self._interval_s = interval_s or get_settings().watch_interval_s
        self._idle_s = idle_s
        self._model: Model | None = None
        self._asked_at = 0.0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def awake(self) -> bool:
        """Whether its thread runs."""
        return self._thread is not None

    def current(self) -> Model | None:
        """The serving model, None while it is loaded. Returns immediately."""
        self._asked_at = time.monotonic()
        if self._thread is None:
            self._wake()
        return self._model

    def _wake(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._follow, name="live-champion", daemon=True)
                self._thread.start()

    def _follow(self) -> None:
        watcher, pause = ChampionWatcher(self._workload), threading.Event()
        while not self._finished():
            try:
                self._refresh(watcher)
            except Exception as error:  # noqa: BLE001 - any error of a store or a file may be gone at the next refresh
                if self.problem != (text := f"{type(error).__name__}: {error}"):
                    logger.exception("No model for the live page")
                self.problem = text
            pause.wait(self._interval_s)

    def _finished(self) -> bool:
        with self._lock:
            if time.monotonic() - self._asked_at < self._idle_s:
                return False
            self._model, self._thread = None, None
            return True

    def _refresh(self, watcher: ChampionWatcher) -> None:
        watcher.refresh()
        if watcher.current is None:
            self._do_without(watcher)
        elif self._model is None or self._model.detector is not watcher.current.predictor:
            self._model = model_of(watcher.current)  # one assignment: the next frame uses the new one
        if self._model is not None:
            self.problem = watcher.problem
            self._settle()

    def _settle(self) -> None:
        """Exclude what was loaded for the first model from garbage collection.

        MLflow alone creates 400,000 objects, and each full collection stops the video for half a second.
        """
        if not gc.get_freeze_count():
            gc.collect()
            gc.freeze()

    def _do_without(self, watcher: ChampionWatcher) -> None:
        """With a damaged champion or an unavailable store the starter is used, and the page shows the reason."""
        if watcher.state in {"refused", "unreachable"} and self._model is None:
            try:
                self._model = starter_model(self._workload)
            except serving.ModelRefusedError:
                self.problem = watcher.problem
        elif self._model is None:
            self.problem = NO_MODEL
