"""Code of the worker processes for images: load models, decode, detect.

Separate processes, because decoding and inference in a thread of the sidecar would share the interpreter lock with row
predictions; niced, so that rows have priority on a busy machine.
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
"""Models kept per workload: the current one and the previous one, which a running request may still use."""


class ModelSource(NamedTuple):
    """Location of a model: ``folder`` contains a verified export; None means the starter model."""

    workload: str
    version: int
    folder: str | None


class Box(NamedTuple):
    """One box, in pixels of the decoded image."""

    label: str
    score: float
    left: float
    top: float
    right: float
    bottom: float


class DetectionResult(NamedTuple):
    """Boxes, most confident first, and the image size in pixels."""

    boxes: list[Box]
    width: int
    height: int


_models: dict[ModelSource, ImageModel] = {}


def init_worker() -> None:
    """Initialise a worker process: low priority, Ctrl-C ignored, and exit with the parent."""
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
    """Load and test a model; returns its classes. Raises :class:`ModelRefusedError`."""
    return tuple(_model(at).classes)


def detect(at: ModelSource, image: bytes, confidence: float) -> DetectionResult:
    """Boxes with at least that confidence. Raises ``BadImageError`` or :class:`ModelRefusedError`."""
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
