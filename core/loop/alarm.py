"""The alarm: is the champion worse than it was, or than a model of the newest data would be?

Looks at errors on labelled data, not at how the data looks: features may move without hurting anybody. The newest
1, 2, … datasets are looked at together, so that a jump shows at once and a slow loss after some datasets. Small
differences are no alarm however significant: with many rows everything is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

LOSS, REFIT = "loss", "refit_gain"
"""Names in an evaluation's details."""

LOOK_BACK = 6
"""At most so many of the newest datasets are compared with those before."""

_NEWEST = 0.2
"""The newest dataset alone must look worse at this level: after a single bad one the alarm ends. The same level, for
whether a fresh fit gains more than before."""


@dataclass(frozen=True, slots=True)
class Loss:
    """The losses of one model on one dataset: how many, their mean and their variance."""

    samples: int
    mean: float
    variance: float

    @classmethod
    def of(cls, losses: NDArray[Any]) -> Self:
        """``losses`` has shape (n,), n ≥ 1."""
        values = np.asarray(losses, np.float64)
        return cls(len(values), float(values.mean()), float(values.var()))

    def __add__(self, other: Loss) -> Loss:
        """The losses of both together."""
        samples = self.samples + other.samples
        mean = (self.samples * self.mean + other.samples * other.mean) / samples
        spread = sum(one.samples * (one.variance + (one.mean - mean) ** 2) for one in (self, other))
        return Loss(samples, mean, spread / samples)


@dataclass(frozen=True, slots=True)
class Alarm:
    """The loss rose from ``before`` to ``now``, over the newest ``datasets`` datasets."""

    before: float
    now: float
    datasets: int
    p_value: float


def loss_alarm(history: Sequence[Loss], level: float, least_rise: float) -> Alarm | None:
    """The clearest rise of the loss since the promotion; None when there is none. Two-sample tests of means.

    ``history``: the champion on each dataset since its promotion, oldest first. ``level``: significance of each test,
    one-sided; ``least_rise``: a smaller rise is none.
    """
    rises = []
    for datasets in range(1, min(LOOK_BACK, len(history) - 1) + 1):
        before, now = _together(history[:-datasets]), _together(history[-datasets:])
        rise, newest = _rise(before, now, datasets), _rise(before, history[-1], 1)
        if rise.p_value < level and newest.p_value < _NEWEST and _least(rise, newest) >= least_rise:
            rises.append(rise)
    return min(rises, key=lambda one: one.p_value, default=None)


def refit_alarm(usual: Loss | None, newest_last: Sequence[Loss], level: float, least_gain: float) -> Alarm | None:
    """The clearest gain that a model fitted to the newest data would bring; None when there is none.

    ``newest_last``: by how much the champion's losses exceeded those of a fresh fit, per dataset; paired, so one-sample
    tests of means, one-sided at ``level``. ``usual`` is what they were when a challenger was rejected: what no training
    could gain then is no reason to train again.
    """
    gains = []
    for datasets in range(1, min(LOOK_BACK, len(newest_last)) + 1):
        gain = _gain(usual, newest_last[-datasets:])
        newest = _gain(usual, newest_last[-1:])
        if gain.p_value < level and _least(gain, newest) >= least_gain:
            gains.append(gain)
    return min(gains, key=lambda one: one.p_value, default=None)


def avoidable(rise: Alarm, usual: Loss | None, newest_last: Sequence[Loss]) -> bool:
    """Whether a fresh fit gains more than before on the datasets of ``rise``, so that a training may help; the other
    two as in :func:`refit_alarm`. Data that became harder, or was drawn unluckily, is so for every model."""
    if len(newest_last) < rise.datasets:
        return True  # not measured there
    earlier = [*([usual] if usual else []), *newest_last[: -rise.datasets]]
    return _gain(_together(earlier) if earlier else None, newest_last[-rise.datasets :]).p_value < _NEWEST


def _least(*alarms: Alarm) -> float:
    return min(one.now - one.before for one in alarms)


def _rise(before: Loss, now: Loss, datasets: int) -> Alarm:
    both = before + now
    error = np.sqrt(both.variance * (1 / before.samples + 1 / now.samples))
    return Alarm(before.mean, now.mean, datasets, _upper_tail(now.mean - before.mean, error))


def _gain(usual: Loss | None, newest: Sequence[Loss]) -> Alarm:
    """The gain of a fresh fit against what it was; before anything was measured, against none."""
    before, now = usual or Loss(1, 0.0, 0.0), _together(newest)
    error = np.sqrt(now.variance / now.samples + before.variance / before.samples)
    return Alarm(before.mean, now.mean, len(newest), _upper_tail(now.mean - before.mean, error))


def _upper_tail(difference: float, error: float) -> float:
    from scipy import stats

    return float(stats.norm.sf(difference / error)) if error > 0 else 0.5


def _together(losses: Sequence[Loss]) -> Loss:
    first, *rest = losses
    for one in rest:
        first = first + one
    return first
