"""The folder of one training: its files, progress, and stop requests.

Named by the identity of the training (dataset and parameters), so that a restart finds it. Other processes read it: a
page shows the curves, a user requests a stop.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.catalog.tables import Dataset
from core.config.messages import Message, say
from core.config.settings import get_settings
from core.storage.integrity import parameters_sha256
from core.workloads.base import TrainingProgress

_KEPT = 3
_LOSSES = {"train/box_loss": "boxes", "train/cls_loss": "classes", "train/dfl_loss": "edges"}
_FIGURES = {"metrics/mAP50(B)": "mAP50", "metrics/precision(B)": "precision", "metrics/recall(B)": "recall"}


@dataclass(frozen=True, slots=True)
class State:
    """The progress of a training. ``epoch`` counts from 1; ``seconds_left`` is None while unknown."""

    epoch: int
    epochs: int
    batch: int
    batches: int
    seconds_left: float | None = None
    losses: dict[str, float] = field(default_factory=dict)
    stopping: bool = False


@dataclass(frozen=True, slots=True)
class TrainingFolder:
    """Paths of one training, below ``data/training``."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def run(self) -> Path:
        """Ultralytics' own folder: ``results.csv`` and ``weights``."""
        return self.folder / "run"

    @property
    def checkpoint(self) -> Path:
        """The newest complete checkpoint: a copy, because the process may be killed while ultralytics writes its
        own.
        """
        return self.folder / "checkpoint.pt"

    @property
    def best(self) -> Path:
        return self.run / "weights" / "best.pt"

    @property
    def export_folder(self) -> Path:
        """The exported model of the best weights."""
        return self.folder / "export"

    @property
    def stop(self) -> Path:
        return self.folder / "stop"

    @property
    def outcome(self) -> Path:
        """Written last: its existence means that the training is complete."""
        return self.folder / "outcome.json"

    def publish(self, state: State) -> None:
        """Write the progress atomically."""
        write_json(self.folder / "state.json", asdict(state))

    def state(self) -> State | None:
        """The progress; None before the first one was written."""
        try:
            return State(**json.loads((self.folder / "state.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def curves(self) -> list[dict[str, float]]:
        """One row per finished epoch: ``epoch``, losses and metrics on the validation images, in ultralytics' names."""
        try:
            with (self.run / "results.csv").open(encoding="utf-8", newline="") as file:
                rows = [{name.strip(): float(value) for name, value in row.items()} for row in csv.DictReader(file)]
        except (OSError, ValueError, TypeError, AttributeError):  # being written at this moment
            return []
        return list({row["epoch"]: row for row in rows}.values())  # a resumed epoch stands there twice


def identity(dataset: Dataset, parameters: Mapping[str, Any]) -> str:
    """The same value as :func:`core.models.registry.fingerprint`, which imports MLflow and is avoided here."""
    return parameters_sha256({"dataset": dataset.sha256, **parameters})


def training_folder_of(dataset: Dataset, parameters: Mapping[str, Any]) -> TrainingFolder:
    return TrainingFolder(_home() / identity(dataset, parameters)[:16])


def open_training_folder(dataset: Dataset, parameters: Mapping[str, Any]) -> TrainingFolder:
    """The folder of a training that starts or resumes; old ones are deleted."""
    files = training_folder_of(dataset, parameters)
    files.folder.mkdir(parents=True, exist_ok=True)
    for stale in (files.stop, files.folder / "state.json"):
        stale.unlink(missing_ok=True)
    write_json(_home() / "running.json", {"folder": files.folder.name})
    others = sorted((p for p in _home().iterdir() if p.is_dir() and p != files.folder), key=lambda p: p.stat().st_mtime)
    for old in others[: max(0, len(others) - _KEPT + 1)]:
        shutil.rmtree(old, ignore_errors=True)
    return files


def newest_training_folder() -> TrainingFolder | None:
    """The most recent training, running or finished."""
    try:
        name = json.loads((_home() / "running.json").read_text(encoding="utf-8"))["folder"]
    except (OSError, ValueError, KeyError):
        return None
    files = TrainingFolder(_home() / Path(name).name)
    return files if files.folder.is_dir() else None


def training_progress(since: datetime) -> TrainingProgress | None:
    """The progress of the unfinished training started after ``since``."""
    files = newest_training_folder()
    state = files.state() if files is not None and _began_after(since) and not files.outcome.exists() else None
    if files is None or state is None:
        return None
    rows = files.curves()
    return TrainingProgress(
        progress_message(state),
        {name: [row[column] for row in rows if column in row] for column, name in _LOSSES.items()},
        {name: [row[column] for row in rows if column in row] for column, name in _FIGURES.items()},
        int(rows[0]["epoch"]) if rows else 1,
        state.stopping or files.stop.exists(),
    )


def progress_message(state: State) -> Message:
    """The progress as a message."""
    if state.stopping:
        return say("rps.stopping", epoch=state.epoch)
    epoch, epochs, batch, batches = state.epoch, state.epochs, state.batch, state.batches
    if state.seconds_left is None:
        return say("rps.epoch", epoch=epoch, epochs=epochs, batch=batch, batches=batches)
    return say("rps.epoch_left", epoch=epoch, epochs=epochs, batch=batch, batches=batches, left=state.seconds_left)


def _began_after(since: datetime) -> bool:
    with suppress(OSError):
        # A second of grace: the catalog's clock and the file system's do not round alike.
        return (_home() / "running.json").stat().st_mtime >= since.timestamp() - 1
    return False


def request_stop(actor: Actor) -> bool:
    """Let the running training stop after the current batch and keep its best weights; False when there is none.

    Raises ``ForbiddenError``.
    """
    require(actor, Role.EDITOR)
    files = newest_training_folder()
    if files is None or files.outcome.exists():
        return False
    files.stop.touch()
    audit.record_event(actor, "training.stop", f"training {files.folder.name}")
    return True


def write_json(file: Path, values: Mapping[str, Any]) -> None:
    temporary = file.with_suffix(".tmp")
    temporary.write_text(json.dumps(values), encoding="utf-8")
    temporary.replace(file)


def _home() -> Path:
    return get_settings().data_dir / "training"
