"""Can the gate for images be fooled by shared luck, and what does it see? Simulated pairs, judged by the product."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from core.config.settings import Settings
from core.workloads.base import Origin, Scores
from core.workloads.evidence import Evidence
from core.workloads.images.comparing import compare
from core.workloads.origins import units
from core.workloads.permutation import sign_flip_p_value
from core.workloads.statistics import wilson_interval
from tests.bench.table import Row, Table

pytestmark = pytest.mark.timeout(1800)

SECTION = "The gate for images, simulated"
TRIALS, HOLDOUTS, IMAGES = 600, 5, 60
RIGHT = 0.6
"""How often the champion is right."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two models on the same images. ``spread``: standard deviation of what a session does to the challenger alone, on
    the scale of a probit; ``alike``: correlation of what makes an image hard for each of them."""

    sessions: int
    spread: float
    gain: float = 0.0
    alike: float = 0.8

    def holdout(self, random: np.random.Generator, number: int) -> tuple[Scores, Scores]:
        each = IMAGES // self.sessions
        luck = random.normal(0, self.spread, self.sessions).repeat(each)
        hard = random.normal(size=each * self.sessions)
        own = self.alike * hard + math.sqrt(1 - self.alike**2) * random.normal(size=len(hard))
        # Scaled, so that over all sessions the gain is what it is called.
        ease = stats.norm.ppf(RIGHT + self.gain) * math.sqrt(1 + self.spread**2)
        names = [f"{number}/{session}" for session in range(self.sessions) for _ in range(each)]
        origins = tuple(Origin(f"{number}/{i}", name, name, math.nan, "rock", False) for i, name in enumerate(names))
        return self._scores(hard > stats.norm.ppf(RIGHT), origins), self._scores(own > ease + luck, origins)

    @staticmethod
    def _scores(wrong: np.ndarray, origins: tuple[Origin, ...]) -> Scores:
        losses = wrong.astype(np.float64)
        return Scores("mAP50", 1 - float(losses.mean()), 0.0, 1.0, len(losses), losses, {}, losses, origins)


@dataclass(slots=True)
class Counted:
    """In how many trials the challenger was promoted: by the first holdout, by one of five, by one test at the end."""

    first: int = 0
    pooled: int = 0
    at_the_end: int = 0


def played(pairs: Pairs, settings: Settings) -> Counted:
    """Let the evidence of five holdouts add up, and look after each, as the loop does."""
    random, counted = np.random.default_rng([pairs.sessions, int(100 * pairs.spread), int(100 * pairs.gain)]), Counted()
    for _ in range(TRIALS):
        found, promoted, sums = Evidence(), False, list[np.ndarray]()
        for number in range(HOLDOUTS):
            champion, challenger = pairs.holdout(random, number)
            comparison = compare(champion, challenger)
            assert comparison.evidence is not None and challenger.origins and champion.losses is not None
            found += comparison.evidence
            promoted |= found.convinces(settings.promote_alpha, settings.promote_min_gain)
            counted.first += number == 0 and comparison.better
            sums.append(np.bincount(units(challenger.origins).of, champion.losses - challenger.losses))
        counted.pooled += promoted
        counted.at_the_end += sign_flip_p_value(np.concatenate(sums)) <= settings.promote_alpha
    return counted


def _share(hits: int) -> str:
    low, high = wilson_interval(hits, TRIALS)
    return f"{hits / TRIALS:.1%} ({low:.1%} to {high:.1%}, {TRIALS})"


@pytest.mark.parametrize("spread", [0.0, 0.5])
@pytest.mark.parametrize("sessions", [3, 6, 12])
def test_luck_that_a_session_shares_promotes_nobody(
    sessions: int, spread: float, settings: Settings, table: Table
) -> None:
    counted = played(Pairs(sessions, spread), settings)
    what = f"no gain, holdouts of 60 images in {sessions} sessions, session effect {spread:g}: promoted"
    for words, hits in (("by the first", counted.first), ("by one of five", counted.pooled)):
        row = Row(f"{what} {words}", _share(hits), target="≤ 5 %", met=hits / TRIALS <= 0.05)
        table.add(SECTION, row)
    assert wilson_interval(counted.pooled, TRIALS)[1] <= 0.05


@pytest.mark.parametrize("spread", [0.0, 0.5])
@pytest.mark.parametrize("sessions", [3, 6, 12])
def test_a_gain_of_ten_points_is_seen_over_five_holdouts(
    sessions: int, spread: float, settings: Settings, table: Table
) -> None:
    counted = played(Pairs(sessions, spread, 0.1), settings)
    what = f"a gain of 0.10, five holdouts of 60 images in {sessions} sessions, session effect {spread:g}: promoted"
    share = counted.pooled / TRIALS
    table.add(SECTION, Row(what, _share(counted.pooled), target="≥ 80 %", met=share >= 0.8))
    table.add(SECTION, Row(f"{what} if it were tested once, at the end", _share(counted.at_the_end)))
    # What a single test of all images could not see, no way of adding up can be asked for.
    assert share >= (0.8 if spread == 0 else 0.5 * counted.at_the_end / TRIALS)
