"""Evaluation of a regressor on a holdout, and comparison of two."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.config.messages import say
from core.workloads.base import Comparison, Scores
from core.workloads.evidence import paired
from core.workloads.permutation import sign_flip_p_value

R2 = "R2"
_Z = 1.959963984540054
"""The 97.5th percentile of the standard normal distribution."""

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
    high = min(1.0, value + _Z * deviation)
    return Scores(R2, value, value - _Z * deviation, high, len(truth), errors, details, errors)


def compare(champion: Scores, challenger: Scores, alpha: float, least_gain: float, unit: str) -> Comparison:
    """A paired permutation test, one-sided, on the rows' absolute errors: better means a significantly smaller mean,
    by ``least_gain`` of the champion's at least. ``unit``: what a row is, in the plural.

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
    better = p_value < alpha and gain >= least_gain * before
    # Relative to the champion's error, so that one least gain serves every unit of measurement.
    scale = max(before, float(np.finfo(np.float64).tiny))
    return Comparison(better, p_value, summary, details, paired(champion.outcomes / scale, challenger.outcomes / scale))
