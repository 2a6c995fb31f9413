"""What runs in the processes that answer images: they load models, decode and detect.

Their own processes, because decoding and detecting in a thread of the sidecar would share one interpreter lock
with the rows; niced, so that rows win where processors are scarce.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from pathlib import Path
from typing import NamedTuple

from core.models.serving import ModelRefusedError, load_export, served_starter
from core.workloads.base import ImageModel

_NICE = 10
_KEPT = 2
"""Models kept per workload: the one that serves and the one before, which a request may still hold."""


class ModelSource(NamedTuple):
    """Where a model is found: ``folder`` holds a verified export, None stands for what ships with the workload."""

    workload: str
    version: int
    folder: str | None


class Box(NamedTuple):
    """One box on an image, in pixels of the image as it was decoded."""

    label: str
    score: float
    left: float
    top: float
    right: float
    bottom: float


class DetectionResult(NamedTuple):
    """What is on an image of that size (pixels), most confident first."""

    boxes: list[Box]
    width: int
    height: int


_models: dict[ModelSource, ImageModel] = {}


def init_worker() -> None:
    """Set a new process up: polite, deaf to Ctrl-C (the sidecar ends it), and never longer alive than the sidecar."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICE)
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


def load(at: ModelSource) -> tuple[str, ...]:
    """Load and try a model; returns its classes. Raises :class:`ModelRefusedError`."""
    return tuple(_model(at).classes)


def detect(at: ModelSource, image: bytes, confidence: float) -> DetectionResult:
    """Boxes at least that confident. Raises ``BadImageError`` or :class:`ModelRefusedError`."""
    from core.vision.decode import decode

    model, pixels = _model(at), decode(image)
    found, classes = model.detect(pixels, confidence), model.classes
    boxes = [
        Box(classes[label], float(score), *map(float, corners))
        for label, score, corners in zip(
            found.labels.tolist(), found.scores.tolist(), found.boxes.tolist(), strict=True
        )
    ]
    return DetectionResult(boxes, pixels.shape[1], pixels.shape[0])


def _model(at: ModelSource) -> ImageModel:
    if at not in _models:
        _models[at] = _loaded(at)
        for stale in [known for known in _models if known.workload == at.workload][:-_KEPT]:
            del _models[stale]
    return _models[at]


def _loaded(at: ModelSource) -> ImageModel:
    if at.folder is not None:
        model: ImageModel = load_export(at.workload, at.version, Path(at.folder))
        return model
    served = served_starter(at.workload)
    if served is None:
        raise ModelRefusedError(f"{at.workload} has no starter model.")
    shipped: ImageModel = served.predictor
    return shipped
