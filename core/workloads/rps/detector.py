"""The exported detector: image in, boxes out, without PyTorch."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Detections, Pixels
from core.vision.letterbox import letterbox
from core.workloads.rps.decode import decode
from core.workloads.rps.export import GRAPH, ExportMetadata, read_meta
from core.workloads.rps.runtimes import open_graph
from core.workloads.rps.settings import RpsSettings


class ExportedDetector:
    """An exported graph as a :class:`core.vision.detections.Detector`; thread-safe.

    ``source`` is the folder it was loaded from, which may no longer exist.
    """

    def __init__(self, folder: Path, runtime: str | None = None) -> None:
        """Load a served form. Raises ``ValueError`` or ``OSError`` when it is damaged or missing."""
        self.source = folder
        self.meta: ExportMetadata = read_meta(folder)
        chosen = runtime or RpsSettings.current().runtime
        wanted = None if chosen == "auto" else chosen
        self.runtime = open_graph(folder / GRAPH, self.meta, _threads(), wanted)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of its training; labels are indices into them."""
        return self.meta.classes

    def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
        """Boxes with at least that confidence, in pixels of ``picture``, which may have any size."""
        frame, placement = letterbox(picture, self.meta.size, self.meta.square)
        found = decode(self.runtime.run(frame), confidence)
        return Detections(placement.to_picture(found.boxes), found.scores, found.labels)

    def smoke(self) -> None:
        """A smoke test: detection on a grey image of each shape. Raises ``ValueError`` when the result is invalid."""
        for height in (480, 640):
            frame, _ = letterbox(np.full((height, 640, 3), 128, np.uint8), self.meta.size, self.meta.square)
            try:
                head = self.runtime.run(frame)
            except Exception as error:  # runtimes share no class of errors
                raise ValueError(f"the model cannot predict: {error}") from error
            self._check(head)

    def _check(self, head: NDArray[np.float32]) -> None:
        if head.ndim != 2 or head.shape[0] != 4 + len(self.meta.classes):
            raise ValueError(f"the model's output has shape {head.shape}; expected: {4 + len(self.meta.classes)} rows")
        if not np.isfinite(head).all() or head[4:].min() < 0 or head[4:].max() > 1:
            raise ValueError("the model's scores are not between 0 and 1")


def _threads() -> int:
    """More than four threads gain next to nothing on an image of 320 px."""
    return RpsSettings.current().threads or min(4, os.cpu_count() or 1)
