"""A picture of any shape into a square, and boxes from the square back into the picture.

The same arithmetic as ultralytics' ``LetterBox`` and ``scale_boxes`` (AGPL-3.0, ultralytics/data/augment.py), so
that boxes agree with PyTorch's to a fraction of a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.workloads.rps.detections import Pixels

_GREY = 114


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the picture lies in the square: ``scale`` times its size, ``left`` and ``top`` pixels from the corner."""

    scale: float
    left: int
    top: int
    width: int
    height: int

    def to_picture(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes (left, top, right, bottom), shape (n, 4), in pixels of the picture and cut at its edges."""
        moved = (boxes - np.array([self.left, self.top] * 2, np.float32)) / np.float32(self.scale)
        edges = np.array([self.width, self.height] * 2, np.float32)
        return np.asarray(np.clip(moved, 0, edges), np.float32)


def letterbox(picture: Pixels, size: int) -> tuple[Pixels, Placement]:
    """The picture scaled to fit into a grey square, shape (size, size, 3), and where it lies in it."""
    height, width = picture.shape[:2]
    scale = min(size / height, size / width)
    inner_width, inner_height = max(1, round(width * scale)), max(1, round(height * scale))
    if (inner_width, inner_height) != (width, height):
        picture = np.asarray(cv2.resize(picture, (inner_width, inner_height), interpolation=cv2.INTER_LINEAR), np.uint8)
    left, top = round((size - inner_width) / 2 - 0.1), round((size - inner_height) / 2 - 0.1)
    square = np.full((size, size, 3), _GREY, np.uint8)
    square[top : top + inner_height, left : left + inner_width] = picture
    return square, Placement(scale, left, top, width, height)
