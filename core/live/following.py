"""The champion in memory for as long as somebody watches, and the starter model while there is none.

Who wants a model asks :meth:`Following.current` for each frame: it answers at once, and keeps a thread alive that
loads models, checks them and looks for a newer champion. When nobody has asked for a while the thread ends and
lets the model go.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from loguru import logger

from core.live.frames import Model
from core.registry import Version
from core.serving import ChampionWatcher
from core.settings import get_settings
from core.workloads.rps.detections import Detector

IDLE_S = 5.0
STARTER = "starter"

NO_STARTER = (
    "There is no champion yet and this copy of the project lacks the starter model. Get the file with "
    "`git lfs pull`, or train a model on the Train page."
)


def model_of(version: Version, detector: Detector) -> Model:
    """A registered version as streams use it; ``detector`` is its served form."""
    return Model(f"v{version.version}-{version.sha256}", f"v{version.version}", detector)


def starter_model() -> Model:
    """The model that ships with the project. Raises ``ValueError`` or ``OSError`` when it is missing or damaged."""
    from core.workloads.rps.detector import ExportedDetector
    from core.workloads.rps.starter import has_starter, starter_folder

    if not has_starter():
        raise ValueError(NO_STARTER)
    detector = ExportedDetector(starter_folder())
    detector.smoke()
    return Model(STARTER, STARTER, detector)


class Following:
    """The model that serves now. ``problem`` says why there is none, or why the newest champion is refused."""

    def __init__(
        self,
        load_starter: Callable[[], Model] = starter_model,
        interval_s: float | None = None,
        idle_s: float = IDLE_S,
        workload: str = "rps",
    ) -> None:
        self.problem: str | None = None
        self._workload = workload
        self._load_starter = load_starter
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
        """The model that serves now, None while it is loaded. Returns at once."""
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
        watcher, pause = ChampionWatcher(self._workload, self._interval_s), threading.Event()
        while not self._finished():
            try:
                self._look(watcher)
            except Exception as error:  # noqa: BLE001 - whatever a store or a file throws, the next look may succeed
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

    def _look(self, watcher: ChampionWatcher) -> None:
        watcher.look()
        served = watcher.current
        if served is not None:
            if self._model is None or self._model.detector is not served.predictor:
                self._model = model_of(
                    served.version, served.predictor
                )  # one assignment: the next frame goes to the new one
            self.problem = watcher.problem
            return
        if self._model is None:
            try:
                self._model = self._load_starter()
            except (ValueError, OSError) as error:
                self.problem = str(error)
                return
        self.problem = watcher.problem if watcher.state in {"refused", "unreachable"} else None
