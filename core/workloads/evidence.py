"""Evidence that one model is better than another, added up over datasets without losing its meaning.

Two models were right or wrong about the same samples. If neither is better, each difference could as well have had the
other sign. A *test martingale* bets on the challenger: its wealth grows with each win and shrinks with each loss, and
whatever one does, it exceeds 1/α with probability α at most, however often one looks (J. Ville, 1939; V. Vovk and
R. Wang, "E-values", 2021). That is what lets a loop look at every dataset, and add up small ones.

The bet for sign-symmetric differences is ``exp(λd) / cosh(λd)`` (V. de la Peña, 1999); wealths of several λ are
averaged, because nobody knows beforehand how large the gain is. Where losses are bounded, as those of a classifier,
the bet is ``1 + λd`` (I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", 2024):
it is fair for any differences whose mean is not positive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

BETS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""λ, in units of the differences' own size."""

UNIT_BETS = (0.4, 0.5, 0.6, 0.7, 0.8, 1.1, 1.6)
"""λ for few units with differences that can be seen at once: small bets would win too slowly."""

STAKES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.95)
"""λ for bounded losses: the share of the wealth that is staked on each sample. There are as many of each."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What paired differences say so far. ``wealth`` is the logarithm of the wealth per bet of :data:`BETS`,
    :data:`UNIT_BETS` or :data:`STAKES`; ``gain`` the sum of the differences that a least gain is asked of, ``samples``
    their number."""

    wealth: tuple[float, ...] = field(default=(0.0,) * len(BETS))
    gain: float = 0.0
    samples: int = 0

    def __add__(self, other: Evidence) -> Evidence:
        """Both together: samples that are judged once each."""
        wealth = tuple(a + b for a, b in zip(self.wealth, other.wealth, strict=True))
        return Evidence(wealth, self.gain + other.gain, self.samples + other.samples)

    @property
    def mean_gain(self) -> float:
        """By how much the loss of one sample is lower, on average; 0 without samples."""
        return self.gain / self.samples if self.samples else 0.0

    @property
    def log_e_value(self) -> float:
        """Logarithm of the e-value: the mean wealth over the bets. 0 when nothing is known."""
        return float(np.logaddexp.reduce(self.wealth) - np.log(len(self.wealth)))

    @property
    def e_value(self) -> float:
        """The wealth that a unit became: 1 when nothing is known; infinite where a float cannot hold it."""
        with np.errstate(over="ignore"):
            return float(np.exp(self.log_e_value))

    @property
    def p_value(self) -> float:
        """A p-value that stays valid under optional stopping: 1 divided by the e-value, at most 1."""
        return float(np.exp(-max(self.log_e_value, 0.0)))

    def convinces(self, alpha: float, least_gain: float) -> bool:
        """Whether the challenger is better by ``least_gain`` at least, with error probability ``alpha`` at most."""
        return self.samples > 0 and self.p_value <= alpha and self.mean_gain >= least_gain

    def as_json(self) -> dict[str, Any]:
        return {"wealth": list(self.wealth), "gain": self.gain, "samples": self.samples}

    @classmethod
    def from_json(cls, stored: Any) -> Self:
        """What :meth:`as_json` gave; nothing for None."""
        if not stored:
            return cls()
        return cls(tuple(stored["wealth"]), float(stored["gain"]), int(stored["samples"]))


def bounded(
    champion: NDArray[np.float64], challenger: NDArray[np.float64], gains: NDArray[np.float64] | None = None
) -> Evidence:
    """The evidence of one holdout where each loss is between 0 and 1. Both arrays have shape (n,).

    ``gains``, shape (n,), are what a least gain is asked of; without them, the differences of the losses. Raises
    ``ValueError`` when the two were measured on different holdouts, or a loss is out of bounds.
    """
    if champion.shape != challenger.shape:
        raise ValueError("the two models were measured on different holdouts")
    differences = np.asarray(champion, np.float64) - np.asarray(challenger, np.float64)
    if not (np.abs(differences) <= 1.0).all():
        raise ValueError("a loss is not between 0 and 1")
    wealth = tuple(float(np.log1p(stake * differences).sum()) for stake in STAKES)
    gained = differences if gains is None else gains
    return Evidence(wealth, float(gained.sum()), len(differences))


def paired(champion: NDArray[np.float64], challenger: NDArray[np.float64]) -> Evidence:
    """The evidence of one holdout. Both arrays hold a loss per sample, shape (n,); lower is better.

    The differences are measured in their root mean square, which swapping the two models leaves as it is. Raises
    ``ValueError`` when the two were measured on different holdouts.
    """
    if champion.shape != challenger.shape:
        raise ValueError("the two models were measured on different holdouts")
    gains = np.asarray(champion, np.float64) - np.asarray(challenger, np.float64)
    return Evidence(_symmetric(gains, BETS), float(gains.sum()), len(gains))


def by_units(gains: NDArray[np.float64], units: NDArray[np.int64]) -> Evidence:
    """The evidence of samples that share luck within units, as images of one recording session do.

    ``gains``, shape (n,): by how much the challenger's loss is lower; ``units``, shape (n,): the unit of each sample,
    counted from 0. A unit counts as one: its samples are won or lost together.
    """
    sums = np.zeros(int(units.max()) + 1 if len(units) else 0)
    np.add.at(sums, units, gains)
    return Evidence(_symmetric(sums, UNIT_BETS), float(np.sum(gains)), len(gains))


def _symmetric(differences: NDArray[np.float64], bets: Sequence[float]) -> tuple[float, ...]:
    """The wealth of each bet on differences whose signs are a coin's."""
    moved = differences[differences != 0.0]
    if not len(moved):
        return (0.0,) * len(bets)
    unit = moved / np.abs(moved).max()  # first: the squares of tiny differences are 0
    unit = unit / np.sqrt(np.mean(unit**2))
    return tuple(float(np.sum(bet * unit - _log_cosh(bet * unit))) for bet in bets)


def _log_cosh(x: NDArray[np.float64]) -> NDArray[np.float64]:
    size = np.abs(x)
    return np.asarray(size + np.log1p(np.exp(-2 * size)) - np.log(2))
