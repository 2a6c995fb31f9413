"""Types of the arrays that the renderer passes round."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
"""Measures and colours; float32 wherever there is one per pixel."""

Whole = NDArray[np.integer[Any]]
"""Numbers of parts."""

Flags = NDArray[np.bool_]
