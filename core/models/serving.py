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
from typing import Any, Literal, Protocol

from loguru import logger

from core.models import registry
from core.storage.integrity import folder_sha256
from core.workloads import get_workload

_TRAIN_ONE = "No champion yet: train one on the Train page."


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
        predictor = load_export(version.workload, version.version, verified_export(version, Path(scratch)))
    return Served(version, predictor, datetime.now(UTC))


def verified_export(version: registry.Version, scratch: Path) -> Path:
    """A folder under ``scratch`` with the exported model, just as it was registered.

    Raises :class:`ModelRefusedError` or ``RegistryError``.
    """
    folder = registry.download_export(version, scratch)
    if folder_sha256(folder) != version.sha256:
        raise ModelRefusedError(
            f"{version.workload} v{version.version}: the stored model does not match its SHA-256, so it was "
            "damaged or changed by hand. Train again, or roll back to the previous version."
        )
    return folder


def load_export(workload: str, version: int, folder: Path) -> Any:
    """The predictor in ``folder``, after a first prediction. Raises :class:`ModelRefusedError`."""
    try:
        predictor = get_workload(workload).load(folder)
        predictor.smoke()
    except (ValueError, OSError) as error:
        raise ModelRefusedError(f"{workload} v{version} cannot serve: {error}") from error
    return predictor


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


class Loader(Protocol):
    """The source of a watcher's models."""

    def load(self, version: registry.Version) -> Served:
        """Load, verify and test a version. Raises :class:`ModelRefusedError` or ``RegistryError``."""
        ...

    def starter(self, workload: str) -> Served | None:
        """The starter model of the workload, if any. Raises :class:`ModelRefusedError`."""
        ...


class LocalLoader:
    """Loads models into the memory of this process."""

    def load(self, version: registry.Version) -> Served:
        return load_served(version)

    def starter(self, workload: str) -> Served | None:
        return served_starter(workload)


WatchState = Literal["starting", "idle", "serving", "no-champion", "refused", "unreachable"]
"""``idle``: there is a model, not requested yet. ``refused``: the champion in the registry is damaged.
``unreachable``: the MLflow store does not respond."""


class ChampionWatcher:
    """Watches the alias ``champion`` of one workload and keeps that model in memory.

    ``current`` stays unchanged on any error; ``state`` and ``problem`` describe it (``problem`` may contain internal
    addresses: it is for logs and logged-in users). ``known`` is the version that should serve, as of the last refresh;
    ``loads`` counts the loaded models. A ``lazy`` watcher loads nothing before :meth:`wake`.
    """

    def __init__(self, workload: str, loader: Loader | None = None, *, lazy: bool = False) -> None:
        self.workload = workload
        self.current: Served | None = None
        self.known: registry.Version | None = None
        self.state: WatchState = "starting"
        self.problem: str | None = None
        self.refused: int | None = None
        self.loads = 0
        self._loader = loader or LocalLoader()
        self._asleep = lazy
        self._refusal = ""
        self._looking = threading.Lock()

    def wake(self) -> None:
        """Load the model now, and refresh it from here on. Blocks while loading; never raises for a bad model."""
        with self._looking:
            woken, self._asleep = self._asleep, False
            if woken:
                self._refresh()

    def refresh(self) -> None:
        """Compare the alias with the loaded model and swap when they differ. Never raises for a bad model."""
        with self._looking:
            self._refresh()

    def refresh_safely(self) -> None:
        """:meth:`refresh`, with every error of the store caught and logged."""
        try:
            self.refresh()
        except Exception as error:  # noqa: BLE001 - see above
            if self.problem != repr(error):  # once, not twice a second
                logger.exception("Watching {} failed; trying again", self.workload)
            self._say("unreachable", repr(error))

    def _refresh(self) -> None:
        try:
            wanted = registry.champion(self.workload) if self._store_is_there() else None
        except registry.RegistryError as error:
            self._say("unreachable", str(error))
            return
        self.known = wanted or self._shipped()
        if self._asleep:
            self._stay_idle()
        elif wanted is None:
            self._without_champion()
        elif self.current is not None and self.current.version.version == wanted.version:
            self.refused = None
            self._say("serving", None)
        elif self.refused != wanted.version:
            self._swap(wanted)
        else:
            self._say("refused", self._refusal)

    def _shipped(self) -> registry.Version | None:
        return registry.starter_version(self.workload) if get_workload(self.workload).has_starter else None

    def _stay_idle(self) -> None:
        if self.known is None:
            self._say("no-champion", _TRAIN_ONE)
        else:
            self._say("idle", None)

    def _without_champion(self) -> None:
        """The starter model, if any, serves until a model is trained."""
        if self.current is None and self.refused != 0:
            try:
                self.current = self._loader.starter(self.workload)
            except ModelRefusedError as error:
                self.refused, self._refusal = 0, str(error)
                logger.error("{}", error)
        if self.current is not None and self.current.version.version == 0:
            self._say("serving", None)
        elif self.refused == 0:
            self._say("refused", self._refusal)
        else:
            self._say("no-champion", _TRAIN_ONE)

    def _store_is_there(self) -> bool:
        """False before the first start of the flow runner, which creates a local store."""
        if registry.store_exists():
            return True
        if self.current is not None and self.current.version.version:
            raise registry.RegistryError("The MLflow store is missing from data/mlflow. Restore it from a backup.")
        return False

    def _swap(self, wanted: registry.Version) -> None:
        try:
            self.current = self._loader.load(wanted)
        except ModelRefusedError as error:
            # Remembered, so that a damaged file is read once and not twice a second.
            self.refused, self._refusal = wanted.version, str(error)
            self._say("refused", self._refusal)
            logger.error("{} The loaded model keeps serving.", error)
            return
        except registry.RegistryError as error:
            self._say("unreachable", str(error))
            return
        self.refused = None
        self.loads += 1
        self._say("serving", None)
        logger.info("{}: serving version {}", self.workload, wanted.version)

    def _say(self, state: WatchState, problem: str | None) -> None:
        if state == "unreachable" and self.state != state:
            logger.error("{}", problem)
        self.state, self.problem = state, problem
