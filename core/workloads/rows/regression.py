"""Evaluation of a regressor on a holdout, and comparison of two."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.config.messages import say
from core.workloads.base import Comparison, Scores

R2 = "R2"
_Z = 1.959963984540054
"""The 97.5th percentile of the standard normal distribution."""

_BLOCKS, _FLIPS, _SEED = 2_000, 9_999, 7
_TEST = "paired permutation of absolute errors"


def score(truth: NDArray[np.float64], values: NDArray[np.float64]) -> Scores:
    """R² with its 95 % interval (delta method), mean absolute error and root mean squared error, in the target's unit.

    Both arrays have shape (n,). One outcome per row: its absolute error. Raises ``ValueError`` when there are fewer
    than two rows, all have the same target, or a value is not finite.
    """
    if len(truth) < 2 or np.ptp(truth) == 0:
        raise ValueError("the holdout needs at least two rows with different targets: generate a larger dataset")
    if not np.isfinite(values).all():
        raise ValueError("the model predicts values that are not finite")
    errors = np.abs(values - truth)
    squares, spread = errors**2, (truth - truth.mean()) ** 2
    unexplained = float(squares.mean() / spread.mean())
    # R² is 1 minus a ratio of two means over the same rows: its variance is that of the rows' own contributions.
    deviation = float(np.std(squares - unexplained * spread, ddof=1) / spread.mean() / np.sqrt(len(truth)))
    value = 1 - unexplained
    details = {"mae": float(errors.mean()), "rmse": float(np.sqrt(squares.mean()))}
    return Scores(R2, value, value - _Z * deviation, min(1.0, value + _Z * deviation), len(truth), errors, details)


def compare(champion: Scores, challenger: Scores, alpha: float, unit: str) -> Comparison:
    """A paired permutation test on the rows' absolute errors: better means a significantly smaller mean. ``unit``: what
    a row is, in the plural.

    Raises ``ValueError`` when the two were evaluated on different holdouts.
    """
    if champion.outcomes.shape != challenger.outcomes.shape:
        raise ValueError("the two models were measured on different holdouts")
    gains = champion.outcomes - challenger.outcomes
    gain, p_value = float(gains.mean()), sign_flip_p_value(gains)
    before, after = champion.details["mae"], challenger.details["mae"]
    summary = say(
        "comparison.errors", challenger=after, champion=before, samples=champion.samples, unit=unit, p=p_value
    )
    details = {"test": _TEST, "gain": gain, "champion_mae": before, "challenger_mae": after, "p_value": p_value}
    return Comparison(gain > 0 and p_value < alpha, p_value, summary, details)


def sign_flip_p_value(differences: NDArray[np.float64]) -> float:
    """Two-sided p-value of the mean of paired ``differences``, shape (n,), by sign flipping.

    Under the null hypothesis each difference could have the other sign. For many rows, blocks are flipped together,
    which is still exact. The signs are drawn with a fixed seed; the minimum is 1 in 10,000.
    """
    blocks = np.array([part.sum() for part in np.array_split(differences, min(_BLOCKS, len(differences)))])
    observed = abs(float(blocks.sum())) * (1 - 1e-12)  # the same sum in another order is the same sum
    if observed == 0.0:
        return 1.0
    # Signs are drawn for eight blocks at once: a byte, and what the eight add up to with the signs that are its bits.
    signs = np.unpackbits(np.arange(256, dtype=np.uint8)[:, np.newaxis], axis=1) * 2.0 - 1.0
    sums = np.pad(blocks, (0, -len(blocks) % 8)).reshape(-1, 8) @ signs.T
    drawn = np.random.default_rng(_SEED).integers(0, 256, (_FLIPS, len(sums)), dtype=np.uint8)
    totals = sums[np.arange(len(sums)), drawn].sum(axis=1)
    as_far = int(np.count_nonzero(np.abs(totals) >= observed))
    return (as_far + 1) / (_FLIPS + 1)
