"""Evidence that adds up over datasets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from core.workloads.evidence import Evidence, paired


def discordant(wins: int, losses: int, alike: int = 0) -> Evidence:
    champion = np.array([1.0] * wins + [0.0] * (losses + alike))
    challenger = np.array([0.0] * wins + [1.0] * losses + [0.0] * alike)
    return paired(champion, challenger)


def test_a_clear_gain_convinces_and_none_does_not() -> None:
    assert discordant(60, 20, 920).convinces(0.05, 0.005)
    assert not discordant(40, 40, 920).convinces(0.05, 0.005)
    assert not discordant(20, 60, 920).convinces(0.05, 0.005)


def test_a_gain_below_the_least_does_not_convince() -> None:
    evidence = discordant(600, 200, 999_200)
    assert evidence.p_value < 1e-9
    assert not evidence.convinces(0.05, 0.005)


def test_nothing_known_says_nothing() -> None:
    assert Evidence().log_e_value == pytest.approx(0.0)
    assert Evidence().p_value == 1.0
    assert not Evidence().convinces(0.5, 0.0)
    assert paired(np.zeros(5), np.zeros(5)).p_value == 1.0


def test_small_datasets_add_up() -> None:
    one = discordant(9, 3, 188)
    assert not one.convinces(0.05, 0.005)
    total = sum([one] * 5, Evidence())
    assert total.convinces(0.05, 0.005)
    assert total.samples == 1000


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_the_mean_over_all_signs_is_one_bet_at_most(differences: list[float]) -> None:
    """What makes it a test: without a difference between the models the expected wealth is 1."""
    first = np.array(differences[:8])
    signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * len(first))).reshape(len(first), -1).T
    zeros = np.zeros(len(first))
    wealth = [np.exp(paired(first * sign, zeros).log_e_value) for sign in signs]
    assert_allclose(np.mean(wealth), 1.0, rtol=1e-6)


@given(st.integers(0, 50), st.integers(0, 50))
def test_swapping_the_models_turns_the_gain(wins: int, losses: int) -> None:
    assert discordant(wins, losses).gain == -discordant(losses, wins).gain


def test_it_survives_being_stored() -> None:
    evidence = discordant(3, 1, 5)
    assert Evidence.from_json(evidence.as_json()) == evidence
    assert Evidence.from_json(None) == Evidence()


def test_no_drift_is_rarely_taken_for_a_gain_however_often_one_looks() -> None:
    """Ville's inequality, tried: 300 sequences of 50 looks at models that are equally good."""
    random = np.random.default_rng(1)
    fooled = 0
    for _ in range(300):
        wealth = Evidence()
        for _look in range(50):
            wins = int(random.binomial(40, 0.5))
            wealth = wealth + discordant(wins, 40 - wins, 60)
            if wealth.p_value <= 0.05:
                fooled += 1
                break
    assert fooled / 300 <= 0.05


def test_different_holdouts_are_refused() -> None:
    with pytest.raises(ValueError, match="different holdouts"):
        paired(np.zeros(3), np.zeros(4))
