"""Accuracy from a stream of labels, however often one looks: an interval, and a test of a fall.

Labels come one by one, and somebody looks after each. Wilson's interval or a z-test at every look would be wrong sooner
or later; here the error probability holds for all looks together. Neither needs the labels to be alike: the accuracy
may change from one to the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.workloads.evidence import STAKES

Outcomes = NDArray[np.bool_]
"""Whether each prediction was right, in the order in which they were labelled; shape (n,)."""

_SIZES = np.array([0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2])
TILTS = np.concatenate([-_SIZES[::-1], _SIZES])
_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Intervals:
    """The running accuracy after ``labels`` labels, with its interval; all of shape (m,)."""

    labels: NDArray[np.int64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def confidence_sequence(outcomes: Outcomes, alpha: float, points: int = 200) -> Intervals:
    """Intervals for the mean accuracy of the labels so far, after each of at most ``points`` numbers of labels.

    With probability 1 - ``alpha`` at least, all of them hold at once: S. R. Howard, A. Ramdas, J. McAuliffe and
    J. Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences" (2021), with the sub-Bernoulli bound
    and H. Robbins' mixture (1970) over a grid of exponential tilts.
    """
    total = len(outcomes)
    if not total:
        nothing = np.zeros(0)
        return Intervals(nothing.astype(np.int64), nothing, nothing, nothing)
    labels = np.unique(np.linspace(1, total, min(points, total)).round().astype(np.int64))
    right = np.cumsum(outcomes)[labels - 1].astype(np.float64)
    mean, limit = right / labels, float(np.log(1 / alpha))
    low = _edge(labels, right, limit, np.zeros_like(mean), mean)
    high = _edge(labels, right, limit, np.ones_like(mean), mean)
    return Intervals(labels, mean, low, high)


def log_wealth(
    labels: NDArray[np.int64], right: NDArray[np.float64], accuracy: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Logarithm of what was won by betting that the mean accuracy of the first ``labels`` labels is not ``accuracy``.

    For accuracies p₁, p₂, … the product of exp(λx) / (1 - p + p·exp(λ)) is a martingale. ``log(1 - p + p·exp(λ))`` is
    concave in p, so that putting their mean in place of each makes it smaller, and what Ville's inequality says of the
    martingale holds here too. All arrays have shape (m,).
    """
    cost = np.log1p(accuracy[:, None] * np.expm1(TILTS))
    gains = right[:, None] * TILTS - labels[:, None] * cost
    return np.asarray(np.logaddexp.reduce(gains, axis=1) - np.log(len(TILTS)), np.float64)


def _edge(
    labels: NDArray[np.int64],
    right: NDArray[np.float64],
    limit: float,
    outside: NDArray[np.float64],
    inside: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Where the wealth reaches ``limit`` between ``outside`` and ``inside``: it is convex, and at most 1 at the mean.
    What is returned lies outside, or is the end of the scale."""
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2
        refuted = log_wealth(labels, right, middle) >= limit
        outside, inside = np.where(refuted, middle, outside), np.where(refuted, inside, middle)
    return outside


@dataclass(frozen=True, slots=True)
class Fall:
    """The accuracy was ``now`` on the newest ``labels`` labels, and at least ``before`` earlier."""

    before: float
    now: float
    labels: int
    p_value: float


def fall(outcomes: Outcomes, before: float, least: float, level: float) -> Fall | None:
    """The fall of the accuracy by more than ``least`` below ``before``; None while it may be chance.

    While the accuracy is at least ``before`` - ``least``, this is ever said with probability ``level`` at most, however
    often one looks: bets on wrong predictions (I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random
    variables by betting", 2024), their wealth bounded by J. Ville's inequality (1939). A unit of wealth is divided in
    advance over all labels at which the fall may have begun, 1 / (j(j+1)) for the j-th, so that a long good time before
    it costs little.
    """
    bar, total = before - least, len(outcomes)
    if not total or bar <= 0:
        return None
    won = np.log1p(np.array(STAKES)[:, None] * (bar - outcomes.astype(np.float64)))
    ends = np.cumsum(won, axis=1)
    starts = np.concatenate([np.zeros((len(STAKES), 1)), ends[:, :-1]], axis=1)
    begun = np.arange(1, total + 1)
    since = ends[:, -1:] - starts
    parts = since - np.log(begun * (begun + 1.0))
    waiting = np.log(1 / (total + 1))  # what is set aside for falls to come
    wealth = np.logaddexp(np.logaddexp.reduce(parts, axis=None) - np.log(len(STAKES)), waiting)
    if wealth < np.log(1 / level):
        return None
    start = int(np.unravel_index(since.argmax(), since.shape)[1])
    newest = outcomes[start:]
    return Fall(before, float(newest.mean()), len(newest), float(np.exp(-wealth)))
