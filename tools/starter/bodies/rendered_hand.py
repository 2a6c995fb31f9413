"""A rendered hand; a separate module, so that reading a pool needs no compiler."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Pixels


@dataclass(frozen=True, slots=True)
class Shown:
    """``pixels`` (BGR), ``alpha`` (uint8), ``box`` of the hand: label, left, top, right, bottom."""

    pixels: Pixels
    alpha: NDArray[np.uint8]
    box: NDArray[np.float32]
