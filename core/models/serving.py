"""The champion in memory, with hot swap: the new model is loaded and verified beside the old one, then swapped.

A reader takes ``watcher.current`` once per request and uses that object to the end: a swap meanwhile does not
affect it, so no request fails.
"""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from loguru import logger

from core.config.settings import get_settings
from core.models import registry
from core.storage.integrity import folder_sha256
from core.workloads import get_workload


class ModelRefusedError(RuntimeError):
    """A version failed its integrity check or its test prediction and is not served."""


@dataclass(frozen=True, slots=True)
class Served:
    """A loaded version. ``predictor`` is the workload's exported model."""

    version: registry.Version
    predictor: Any
    loaded_at: datetime


def load_served(version: registry.Version) -> Served:
    """Load, verify and test a version. Raises :class:`ModelRefusedError` or ``RegistryError``.

    Version 0 is the starter model.
    """
    if version.version == 0 and (starter := served_starter(version.workload)):
        return starter
    with tempfile.TemporaryDirectory() as scratch:
        folder = registry.download_export(version, Path(scratch))
        if folder_sha256(folder) != version.sha256:
            raise ModelRefusedError(
                f"{version.workload} v{version.version}: the stored model does not match its SHA-256, so it was "
                "damaged or changed. Train again, or roll back to the previous version."
            )
        try:
            predictor = get_workload(version.workload).load(folder)
            predictor.smoke()
        except (ValueError, OSError) as error:
            raise ModelRefusedError(f"{version.workload} v{version.version} cannot serve: {error}") from error
    return Served(version, predictor, datetime.now(UTC))


def served_starter(workload: str) -> Served | None:
    """The starter model as version 0; None when the workload has none.

    Raises :class:`ModelRefusedError` when its files are damaged.
    """
    try:
        starter = get_workload(workload).starter()
        if starter is None:
            return None
        starter.predictor.smoke()
    except (ValueError, OSError) as error:
        raise ModelRefusedError(
            f"The starter model of {workload} is damaged ({error}): unpack or clone the project again."
        ) from error
    return Served(registry.starter_version(workload), starter.predictor, datetime.now(UTC))


WatchState = Literal["starting", "serving", "no-champion", "refused", "unreachable"]
"""``refused``: the champion in the registry is damaged. ``unreachable``: the MLflow store does not respond."""


class ChampionWatcher:
    """Watches the alias ``champion`` of one workload and keeps that model in memory.

    ``current`` stays unchanged on any error; ``state`` and ``problem`` describe it
    (``problem`` may contain internal addresses: it is for logs and logged-in users).
    ``loads`` counts the loaded models.
    """

    def __init__(self, workload: str, interval_s: float | None = None) -> None:
        self.workload = workload
        self.current: Served | None = None
        self.state: WatchState = "starting"
        self.problem: str | None = None
        self.refused: int | None = None
        self._refusal = ""
        self.loads = 0
        self._interval_s = interval_s or get_settings().watch_interval_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch-{workload}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Ask the thread to end and wait for it, at most ``timeout_s``."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def look(self) -> None:
        """Compare the alias with the loaded model and swap when they differ. Never raises for a bad model."""
        try:
            wanted = registry.champion(self.workload) if self._store_is_there() else None
            if wanted is None:
                self._without_champion()
            elif self.current is not None and self.current.version.version == wanted.version:
                self.refused = None
                self._say("serving", None)
            elif self.refused != wanted.version:
                self._swap(wanted)
            else:
                self._say("refused", self._refusal)
        except registry.RegistryError as error:
            self._say("unreachable", str(error))

    def _without_champion(self) -> None:
        """The starter model serves until something was trained, if there is one."""
        if self.current is None and self.refused != 0:
            try:
                self.current = served_starter(self.workload)
            except ModelRefusedError as error:
                self.refused, self._refusal = 0, str(error)
                logger.error("{}", error)
        if self.current is not None and self.current.version.version == 0:
            self._say("serving", None)
        elif self.refused == 0:
            self._say("refused", self._refusal)
        else:
            self._say("no-champion", "No champion yet: train one on the Train page.")

    def _store_is_there(self) -> bool:
        """False before the first start of the flow runner, which creates a local store."""
        if registry.store_exists():
            return True
        if self.current is not None and self.current.version.version:
            raise registry.RegistryError("The MLflow store is missing from data/mlflow. Restore it from a backup.")
        return False

    def _swap(self, wanted: registry.Version) -> None:
        try:
            self.current = load_served(wanted)
        except ModelRefusedError as error:
            # Remembered, so that a damaged file is read once and not twice a second.
            self.refused, self._refusal = wanted.version, str(error)
            self._say("refused", self._refusal)
            logger.error("{} The loaded model keeps serving.", error)
            return
        self.refused = None
        self.loads += 1
        self._say("serving", None)
        logger.info("{}: serving version {}", self.workload, wanted.version)

    def _say(self, state: WatchState, problem: str | None) -> None:
        if state == "unreachable" and self.state != state:
            logger.error("{}", problem)
        self.state, self.problem = state, problem

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - the watcher must outlive whatever a store throws at it
                if self.problem != repr(error):  # once, not twice a second
                    logger.exception("Watching {} failed; trying again", self.workload)
                self._say("unreachable", repr(error))
            self._stop.wait(self._interval_s)
