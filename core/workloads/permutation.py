"""The paired permutation test: if neither model is better, each difference could as well have the other sign."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCKS, _FLIPS, _SEED = 2_000, 9_999, 7
EXACT_UP_TO = 14
"""So many differences have 16,384 combinations of signs, which are all tried."""


def sign_flip_p_value(differences: NDArray[np.float64]) -> float:
    """One-sided p-value of the mean of paired ``differences``, shape (n,): how often it is as high by chance.

    Under the null hypothesis each difference could have the other sign. For few rows all combinations are tried; for
    many, blocks are flipped together, which is still exact, and the signs are drawn with a fixed seed; then the minimum
    is 1 in 10,000.
    """
    moved = differences[differences != 0]
    if not len(moved):
        return 1.0
    if len(moved) <= EXACT_UP_TO:
        return _enumerated(moved)
    blocks = np.array([part.sum() for part in np.array_split(differences, min(_BLOCKS, len(differences)))])
    if not blocks.any():
        return 1.0
    # Signs are drawn for eight blocks at once: a byte, and what the eight add up to with the signs that are its bits.
    signs = np.unpackbits(np.arange(256, dtype=np.uint8)[:, np.newaxis], axis=1) * 2.0 - 1.0
    sums = np.pad(blocks, (0, -len(blocks) % 8)).reshape(-1, 8) @ signs.T
    drawn = np.random.default_rng(_SEED).integers(0, 256, (_FLIPS, len(sums)), dtype=np.uint8)
    totals = sums[np.arange(len(sums)), drawn].sum(axis=1)
    as_far = int(np.count_nonzero(totals >= _reached(float(blocks.sum()))))
    return (as_far + 1) / (_FLIPS + 1)


def _enumerated(moved: NDArray[np.float64]) -> float:
    """All combinations of signs, that of the data among them."""
    totals = np.zeros(1)
    for value in moved:
        totals = np.concatenate([totals + value, totals - value])
    return float(np.mean(totals >= _reached(float(moved.sum()))))


def _reached(total: float) -> float:
    """The same sum in another order is the same sum."""
    return total - abs(total) * 1e-12
