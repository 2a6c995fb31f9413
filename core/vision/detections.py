"""What an image model answers for one image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""A colour picture as OpenCV has it: shape (height, width, 3), blue-green-red."""


@dataclass(frozen=True, slots=True)
class Detections:
    """Boxes on one picture, most confident first.

    ``boxes`` float32, shape (n, 4): left, top, right, bottom in pixels of the picture; ``scores``
    float32, shape (n,), 0 to 1; ``labels`` int64, shape (n,), indices into the ``classes`` of the model that answered.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.scores)

    def above(self, confidence: float) -> Detections:
        """Only those at least that confident."""
        kept = self.scores >= confidence
        return Detections(self.boxes[kept], self.scores[kept], self.labels[kept])


def no_detections() -> Detections:
    """No box at all."""
    return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


class Detector(Protocol):
    """An exported model for images; safe to share between threads."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels that it was trained with; :attr:`Detections.labels` are indices into them."""
        ...

    def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
        """Boxes on one image of any size, at least that confident. A classifier's cover the image, one per class."""
        ...

    def smoke(self) -> None:
        """One answer about a grey image. Raises ``ValueError`` when it is not sane."""
        ...
