"""The output of an image model for one image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""A colour image in OpenCV's format: shape (height, width, 3), blue-green-red, uint8."""


@dataclass(frozen=True, slots=True)
class Detections:
    """Boxes on one image, most confident first.

    ``boxes`` float32, shape (n, 4): left, top, right, bottom in pixels of the image; ``scores`` float32, shape (n,), 0
    to 1; ``labels`` int64, shape (n,), indices into the ``classes`` of the model.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.scores)

    def above(self, confidence: float) -> Detections:
        """The detections with at least that confidence."""
        kept = self.scores >= confidence
        return Detections(self.boxes[kept], self.scores[kept], self.labels[kept])


def no_detections() -> Detections:
    """An empty result."""
    return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


class Detector(Protocol):
    """An exported model for images; thread-safe."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels of its training; :attr:`Detections.labels` are indices into them."""
        ...

    def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
        """Boxes on one image of any size with at least that confidence. A classifier returns one box per class that
        covers the image.
        """
        ...

    def smoke(self) -> None:
        """A smoke test: one prediction on a grey image. Raises ``ValueError`` when the result is invalid."""
        ...
