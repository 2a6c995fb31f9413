"""The columns of a dataset of rows, and its splits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.catalog.tables import Dataset
from core.storage import lake

LABEL, TARGET, HOLDOUT = "label", "target", "holdout"
"""Index of the class (integers), value to predict (float64), whether the row is held out (bool)."""

HOLDOUT_SHARE = 0.2


def fixed_holdout(rows: int, seed: int) -> NDArray[np.bool_]:
    """A split of ``rows`` rows, a fifth held out: a hash of (seed, row) decides, so that a held-out row never drifts
    into training.

    The hash is SplitMix64 (Steele, Lea and Flood, 2014).
    """
    with np.errstate(over="ignore"):
        z = np.arange(rows, dtype=np.uint64) + np.uint64((seed * 0x9E3779B97F4A7C15) % 2**64)
        z = (z + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return np.asarray(z < np.uint64(int(HOLDOUT_SHARE * 2**64)))


def read_split(
    dataset: Dataset, features: Sequence[str], answer: str, *, holdout: bool, limit: int | None = None
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Features, shape (n, f), and the column ``answer``, shape (n,), of one split in file order.

    Raises :class:`core.storage.lake.LakeError`.
    """
    columns = lake.read(dataset.path, [*features, answer], HOLDOUT if holdout else f"NOT {HOLDOUT}", limit=limit)
    return np.column_stack([columns[name] for name in features]).astype(np.float64, copy=False), columns[answer]
