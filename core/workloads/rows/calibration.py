"""Calibration of a classifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 10


def reliability(right: NDArray[np.bool_], confidence: NDArray[np.float64], bins: int = BINS) -> list[dict[str, Any]]:
    """The reliability diagram: per bin of confidence its rows, their mean confidence and the share of correct ones.

    ``right`` and ``confidence`` (probability of the predicted class) have shape (n,). Bins are of equal width from 0 to
    1; empty ones are left out.
    """
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    counts = np.bincount(place, minlength=bins)
    sums = np.bincount(place, confidence, bins)
    hits = np.bincount(place, right.astype(np.float64), bins)
    return [
        {
            "low": index / bins,
            "high": (index + 1) / bins,
            "rows": int(counts[index]),
            "confidence": float(sums[index] / counts[index]),
            "accuracy": float(hits[index] / counts[index]),
        }
        for index in np.flatnonzero(counts).tolist()
    ]


def expected_calibration_error(diagram: list[dict[str, Any]]) -> float:
    """Mean gap between confidence and accuracy over the bins, weighted by their rows (Naeini et al., 2015)."""
    rows = sum(one["rows"] for one in diagram)
    return float(sum(one["rows"] * abs(one["confidence"] - one["accuracy"]) for one in diagram) / rows)
