"""Generates points around a noisy linear boundary."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.workloads.rows.columns import fixed_holdout

FEATURES = ("x1", "x2")
CLASSES = ("0", "1")


def generate_columns(
    *, rows: int, noise: float, balance: float, angle: float, offset: float, seed: int
) -> dict[str, NDArray[Any]]:
    """Columns ``x1``, ``x2`` (float64), ``label`` (int8) and ``holdout`` (bool), each of shape (rows,).

    Along the boundary's normal a point is a standard normal variable cut to its class's side and
    then jittered by ``noise``; along the boundary it is a standard normal variable. With
    ``balance=0.5`` and ``offset=0`` the best possible accuracy is ``1 - arctan(noise) / pi``.
    """
    random = np.random.default_rng(seed)
    labels = random.random(rows) < balance
    across = _cut_normal(random.random(rows), labels, offset)
    if noise:
        across += random.normal(0.0, noise, rows)
    along = random.standard_normal(rows)
    cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    return {
        "x1": cosine * across - sine * along,
        "x2": sine * across + cosine * along,
        "label": labels.astype(np.int8),
        "holdout": fixed_holdout(rows, seed),
    }


def _cut_normal(uniform: NDArray[np.float64], above: NDArray[np.bool_], cut: float) -> NDArray[np.float64]:
    """Standard normal samples on the given side of ``cut``, by inverting the distribution function."""
    # Here, because those who only serve a model read this module too, and SciPy weighs 15 MB.
    from scipy.special import ndtr, ndtri

    share_below = float(ndtr(cut))
    inside = np.where(above, share_below + uniform * (1 - share_below), uniform * share_below)
    # The ends of (0, 1) map to infinity.
    return np.asarray(ndtri(np.clip(inside, 1e-12, 1 - 1e-12)), dtype=np.float64)
