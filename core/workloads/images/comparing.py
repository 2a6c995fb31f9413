"""Two models of images compared on the same images: is the challenger right more often, as people see it?

Each image has a loss between 0 (all right) and 1. Images share luck (:mod:`core.workloads.origins`), so what is swapped
between the models are whole sessions, or time blocks of one person; the same units are what the e-value bets on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.config.message_terms import TERMS
from core.config.messages import Message, say
from core.config.settings import get_settings
from core.workloads.base import Comparison, Evidence, Origin, Scores
from core.workloads.evidence import by_units
from core.workloads.images.power import power
from core.workloads.origins import Units, units
from core.workloads.permutation import sign_flip_p_value

_Z = 1.959963984540054
"""The 97.5th percentile of the standard normal distribution."""


def compare(champion: Scores, challenger: Scores) -> Comparison:
    """The challenger is better when the evidence of these images convinces, and it is no worse on other
    people: those of whom nothing was learnt, or who are not among the images compared.

    Levels and margins are settings. Raises ``ValueError`` when the two were not evaluated on the same images.
    """
    origins = challenger.origins or ()
    if champion.losses is None or challenger.losses is None or _keys(champion) != _keys(challenger):
        raise ValueError("the two models were measured on different holdouts")
    if not origins:
        return Comparison(False, 1.0, say("images.nothing_to_compare"), evidence=Evidence())
    gains = champion.losses - challenger.losses
    by, settings = units(origins), get_settings()
    evidence = by_units(gains, by.of)
    p_value = sign_flip_p_value(np.bincount(by.of, gains).astype(np.float64))
    others = _gain_on_others(champion.whole or champion, challenger.whole or challenger, origins)
    unharmed = others is None or others >= -settings.promote_others_margin
    convinces = evidence.convinces(settings.promote_alpha, settings.promote_min_gain)
    details = _details(gains, by, origins, p_value, others)
    summary = _summary(champion, challenger, details, unharmed)
    return Comparison(convinces and unharmed, p_value, summary, details, evidence, unharmed)


def _keys(scores: Scores) -> list[str]:
    return [one.key for one in scores.origins or ()]


def _gain_on_others(champion: Scores, challenger: Scores, compared: tuple[Origin, ...]) -> float | None:
    """Mean gain, over the whole holdout, on people of whom nothing was learnt or nothing is ``compared`` now; None
    where there are none, or nobody else."""
    if champion.losses is None or challenger.losses is None:
        return None
    here = {_who(one) for one in compared}
    others = np.array([one.other or _who(one) not in here for one in challenger.origins or ()])
    gains = champion.losses - challenger.losses
    return float(gains[others].mean()) if others.any() and not others.all() else None


def _who(origin: Origin) -> str:
    return origin.person or origin.session


def _details(
    gains: NDArray[np.float64], by: Units, origins: tuple[Origin, ...], p_value: float, others: float | None
) -> dict[str, Any]:
    gain, error = float(gains.mean()), _standard_error(gains, by)
    return {
        "test": f"sign flips of {TERMS[by.kind]}",
        "gain": gain,
        "low": max(-1.0, gain - _Z * error),
        "high": min(1.0, gain + _Z * error),
        "p_value": p_value,
        "unit_kind": by.kind,
        "units": by.number,
        "won": int((gains > 0).sum()),
        "lost": int((gains < 0).sum()),
        "others_gain": others,
        "power": power(gains, by, origins),
    }


def _standard_error(gains: NDArray[np.float64], by: Units) -> float:
    """Of the mean gain, from the spread of the units' sums; one unit says nothing about the spread."""
    if by.number < 2:
        return 1.0
    sizes = np.bincount(by.of)
    residuals = np.bincount(by.of, gains) - gains.mean() * sizes
    return float(np.sqrt(by.number / (by.number - 1) * (residuals**2).sum()) / len(gains))


def _summary(champion: Scores, challenger: Scores, details: dict[str, Any], unharmed: bool) -> Message:
    told = say(
        "images.compared",
        challenger=1 - float(np.mean(challenger.losses)),  # type: ignore[arg-type]
        champion=1 - float(np.mean(champion.losses)),  # type: ignore[arg-type]
        images=champion.samples,
        units=details["units"],
        kind=details["unit_kind"],
        won=details["won"],
        lost=details["lost"],
        p=details["p_value"],
    )
    return told if unharmed else say("images.others_harmed", comparison=told, gain=details["others_gain"])
