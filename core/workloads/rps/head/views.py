"""Other views of an image, so that few frames teach more: mirrored, and farther away."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Pixels

_FARTHER = 0.75
_GREY = 114


def views(picture: Pixels, boxes: NDArray[np.float32]) -> Iterator[tuple[Pixels, NDArray[np.float32]]]:
    """The image with its boxes (left, top, right, bottom in pixels, shape (n, 4)), then each other view with them."""
    yield picture, boxes
    width = picture.shape[1]
    mirrored = boxes.copy()
    mirrored[:, [0, 2]] = width - boxes[:, [2, 0]]
    yield np.ascontiguousarray(picture[:, ::-1]), mirrored
    yield _farther(picture, boxes)


def _farther(picture: Pixels, boxes: NDArray[np.float32]) -> tuple[Pixels, NDArray[np.float32]]:
    height, width = picture.shape[:2]
    small = cv2.resize(picture, None, fx=_FARTHER, fy=_FARTHER, interpolation=cv2.INTER_AREA)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    canvas = np.full_like(picture, _GREY)
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas, np.asarray(boxes * _FARTHER + np.array([left, top] * 2), np.float32)
