"""Fine-tune a detector, or resume an interrupted training."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loguru import logger

from core.catalog.tables import Dataset
from core.config.messages import say
from core.config.progress import Report
from core.storage import lake
from core.workloads.base import Trained
from core.workloads.images.manifest import ManifestImage, manifest_images
from core.workloads.images.minimum_data import require_enough
from core.workloads.rps import torch_setup
from core.workloads.rps.classes import CLASSES
from core.workloads.rps.detector import ExportedDetector
from core.workloads.rps.export import export_weights
from core.workloads.rps.training.callbacks import TrainingCallbacks
from core.workloads.rps.training.dataset_folder import write_folder
from core.workloads.rps.training.mlflow_log import FineTuned
from core.workloads.rps.training.recipe import arguments
from core.workloads.rps.training.training_state import TrainingFolder, open_training_folder, write_json
from core.workloads.rps.training.weights import base_weights

_NEEDED_BYTES = 150_000_000


def fine_tune(dataset: Dataset, parameters: Mapping[str, Any], report: Report) -> Trained:
    """Train on the dataset's images outside the holdout, and export the best weights.

    Called again with the same dataset and parameters it resumes an interrupted training, or returns the result of a
    finished one. Raises ``TooFewImagesError``, ``WeightsMissingError``, ``DiskFullError``.
    """
    files = open_training_folder(dataset, parameters)
    if not files.outcome.exists():
        with _disk_trouble(files):
            _train(files, manifest_images(dataset, holdout=False), parameters, report)
    facts = json.loads(files.outcome.read_text(encoding="utf-8"))
    report(1.0, say("rps.trained", best=facts["best_epoch"], epochs=facts["epochs_run"]))
    return Trained(
        FineTuned(files.best, files.curves()),
        ExportedDetector(files.export_folder),
        {**parameters, **facts},
    )


def _train(files: TrainingFolder, chosen: list[ManifestImage], parameters: Mapping[str, Any], report: Report) -> None:
    require_enough([picture for picture in chosen if picture.split != "val"], CLASSES)
    lake.require_space(files.folder, _NEEDED_BYTES)
    weights = base_weights(str(parameters["base"]))
    report(0.0, say("rps.preparing", images=len(chosen)))
    data = write_folder(chosen, files.data)
    torch_setup.prepare()
    resumed = _resume(files, report)
    if not resumed:
        _start(files, weights, arguments(parameters, data, files.run, len(chosen)), report)
    export_weights(files.best, files.export_folder, int(parameters["imgsz"]))
    write_json(files.outcome, _facts(files, len(chosen), resumed))


def _start(files: TrainingFolder, weights: Path, arguments: Mapping[str, Any], report: Report) -> None:
    from ultralytics import YOLO

    model = YOLO(weights, task="detect")
    TrainingCallbacks(files, report).attach(model)
    model.train(**arguments)


def _resume(files: TrainingFolder, report: Report) -> bool:
    """Resume from the checkpoint of an earlier process; False when there is no usable one."""
    if not files.checkpoint.exists():
        return False
    from ultralytics import YOLO

    try:
        model = YOLO(files.checkpoint, task="detect")
        epoch, epochs = int(model.ckpt["epoch"]) + 1, int(model.ckpt["train_args"]["epochs"])
    except (TypeError, KeyError, RuntimeError, OSError, EOFError) as error:
        logger.warning("The checkpoint of an earlier training cannot be read, starting over: {}", error)
        return False
    if not 0 < epoch < epochs:
        return files.best.exists() and epoch >= epochs
    report(epoch / epochs, say("rps.resuming", epoch=epoch, epochs=epochs))
    TrainingCallbacks(files, report).attach(model)
    model.train(resume=True)
    return True


def _facts(files: TrainingFolder, chosen: int, resumed: bool) -> dict[str, Any]:
    rows = files.curves()
    best = max(rows, key=lambda row: row.get("metrics/mAP50-95(B)", 0.0), default={"epoch": 0.0})
    return {
        "epochs_run": len(rows),
        "best_epoch": int(best["epoch"]),
        "training_pictures": chosen,
        "resumed": resumed,
        "stopped_by_hand": files.stop.exists(),
    }


@contextmanager
def _disk_trouble(files: TrainingFolder) -> Iterator[None]:
    """Handle a full disk during training: the progress so far is kept."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise lake.DiskFullError(
            f"The disk ran full during training, in {files.folder}. Free some space and train again: it resumes "
            "after the last finished epoch."
        ) from error
