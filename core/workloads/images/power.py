"""Power: how large a gain must be for these images to show it, and how many more would show a smaller one.

A test martingale on k units grows like ``exp(t²/2)``, where t is the mean gain divided by its standard error. So the
gain that is shown in four of five cases is the one for which ``t = √(2·(ln(1/α) + ½)) + 0.84``: ½ is what dividing the
stake among several bets costs, 0.84 is the 80th percentile of the standard normal distribution.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.config.messages import Message, say
from core.config.settings import get_settings
from core.images.person_split import HOLDOUT_SHARE
from core.workloads.evidence import by_units
from core.workloads.origins import Origin, Units

TARGETS = (0.3, 0.2, 0.1, 0.05)
"""Gains that one may want to see, the largest first."""

LEAST_DISAGREEMENT = 0.1
"""Two models disagree on a tenth of the images at least: a few images may show less by chance."""

_MIXTURE_COST, _FOUR_OF_FIVE, _FINER = 0.5, 0.84, 0.8


def power(gains: NDArray[np.float64], by: Units, origins: tuple[Origin, ...]) -> dict[str, Any]:
    """What ``gains`` of so many images in so many units can show: see :func:`in_words`. Plain JSON types."""
    images, number = len(gains), by.number
    each = images / number
    deviation = _deviation(gains, by) / each
    strength = _strength(get_settings().promote_alpha)
    shows = strength * deviation / math.sqrt(number) if number >= least_units(get_settings().promote_alpha) else None
    shows = None if shows is None or shows > 1 else shows
    target = next((gain for gain in TARGETS if shows is None or gain < _FINER * shows), TARGETS[-1])
    wanted = max((strength * deviation / target) ** 2, least_units(get_settings().promote_alpha))
    more_units = max(0, math.ceil(wanted) - number)
    more = math.ceil(more_units * each)
    return {
        "images": images,
        "units": number,
        "kind": by.kind,
        "shows": shows,
        "target": target,
        "more": more,
        "more_units": more_units,
        "capture": _to_capture(origins, more),
    }


def in_words(found: dict[str, Any]) -> Message:
    """The power of a comparison as a sentence."""
    if found["shows"] is None:
        return say(
            "images.power_none",
            images=found["images"],
            units=found["units"],
            kind=found["kind"],
            more=found["more"],
            more_units=found["more_units"],
            target=found["target"],
        )
    return say(
        "images.power",
        images=found["images"],
        units=found["units"],
        kind=found["kind"],
        shows=found["shows"],
        more=found["more"],
        target=found["target"],
    )


@lru_cache(maxsize=8)
def least_units(alpha: float) -> int:
    """With fewer units nothing convinces, however often the challenger wins."""
    won = (by_units(np.ones(number), np.arange(number)).p_value for number in range(1, 1_000))
    return next((number for number, p_value in enumerate(won, 1) if p_value <= alpha), 1_000)


def _strength(alpha: float) -> float:
    return math.sqrt(2 * (math.log(1 / alpha) + _MIXTURE_COST)) + _FOUR_OF_FIVE


def _deviation(gains: NDArray[np.float64], by: Units) -> float:
    """Standard deviation of a unit's sum of gains."""
    sizes = np.bincount(by.of)
    residuals = np.bincount(by.of, gains) - gains.mean() * sizes
    observed = float((residuals**2).sum() / max(by.number - 1, 1))
    return math.sqrt(max(observed, LEAST_DISAGREEMENT * len(gains) / by.number))


def _to_capture(origins: tuple[Origin, ...], more: int) -> dict[str, int]:
    """Class → how many images to capture, so that ``more`` of them judge and the classes are even."""
    there = Counter(one.label for one in origins if one.label)
    each = (sum(there.values()) + more) / max(len(there), 1)
    return {label: math.ceil(max(0.0, each - count) / HOLDOUT_SHARE) for label, count in sorted(there.items())}
