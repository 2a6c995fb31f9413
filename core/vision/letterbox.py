"""Letterboxing: scales an image to a network's input size, and boxes back to the image.

The same arithmetic as ultralytics' ``LetterBox`` and ``scale_boxes`` (AGPL-3.0, ultralytics/data/augment.py), so that
boxes agree with PyTorch's to a fraction of a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Pixels

_GREY = 114
STEP = 32
"""Pixels in one cell of the coarsest layer of a YOLO: both sides of its input are multiples of it."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The position of the image in the padded frame: ``scale``, and the offsets ``left`` and ``top`` in pixels."""

    scale: float
    left: int
    top: int
    width: int
    height: int

    def to_picture(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes (left, top, right, bottom), shape (n, 4), in pixels of the image and cut at its edges."""
        moved = (boxes - np.array([self.left, self.top] * 2, np.float32)) / np.float32(self.scale)
        edges = np.array([self.width, self.height] * 2, np.float32)
        return np.asarray(np.clip(moved, 0, edges), np.float32)

    def to_frame(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """The other way: boxes in pixels of the image, shape (n, 4), in pixels of the padded frame."""
        offset = np.array([self.left, self.top] * 2, np.float32)
        return np.asarray(boxes * np.float32(self.scale) + offset, np.float32)


def letterbox(picture: Pixels, size: int, square: bool = False) -> tuple[Pixels, Placement]:
    """The image with its longer side scaled to ``size`` pixels and grey padding, and its placement.

    The frame has shape (height, width, 3): the smallest whose sides are multiples of 32 where ``size`` is one, 256 by
    320 for a camera's 480 by 640; or (size, size, 3) when ``square``.
    """
    height, width = picture.shape[:2]
    scale = min(size / height, size / width)
    inner_width, inner_height = max(1, round(width * scale)), max(1, round(height * scale))
    if (inner_width, inner_height) != (width, height):
        picture = np.asarray(cv2.resize(picture, (inner_width, inner_height), interpolation=cv2.INTER_LINEAR), np.uint8)
    grey_width, grey_height = size - inner_width, size - inner_height
    if not square:
        grey_width, grey_height = grey_width % STEP, grey_height % STEP
    left, top = round(grey_width / 2 - 0.1), round(grey_height / 2 - 0.1)
    frame = np.full((inner_height + grey_height, inner_width + grey_width, 3), _GREY, np.uint8)
    frame[top : top + inner_height, left : left + inner_width] = picture
    return frame, Placement(scale, left, top, width, height)
