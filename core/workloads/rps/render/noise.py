"""Random fields and colours that several parts of an image need."""

from __future__ import annotations

import cv2
import numpy as np

from core.workloads.rps.render.arrays import Floats


def field(random: np.random.Generator, height: int, width: int, cell: float) -> Floats:
    """Smooth noise of about unit deviation whose spots are ``cell`` pixels wide, shape (height, width)."""
    rows, columns = max(int(height / cell) + 2, 2), max(int(width / cell) + 2, 2)
    coarse = random.standard_normal((rows, columns), np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def colour(random: np.random.Generator, saturation: float = 1.0) -> Floats:
    """Any colour, greys and muted ones more often than loud ones; blue-green-red, 0 to 1."""
    value, vivid = random.uniform(0.06, 0.97), saturation * random.beta(1.1, 2.2)
    hue = random.uniform(0, 6)
    offsets = np.array((4.0, 2.0, 0.0)) + hue
    tint = np.clip(np.abs(offsets % 6 - 3) - 1, 0, 1)
    return np.asarray(value * (1 - vivid + vivid * tint), np.float32)


def bgr(tint: Floats) -> tuple[float, float, float]:
    """A colour of 0 to 1 as OpenCV's drawing functions take it."""
    b, g, r = np.clip(tint * 255, 0, 255).tolist()
    return b, g, r
