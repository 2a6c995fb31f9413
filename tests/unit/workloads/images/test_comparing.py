"""Two models on the same images: luck that a session shares counts once, and others must not pay for a gain."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from core.config.messages import render
from core.config.settings import Settings, get_settings
from core.images.person_split import GAP_S
from core.workloads.base import Comparison, Origin, Scores
from core.workloads.evidence import by_units
from core.workloads.images.comparing import compare
from core.workloads.images.power import in_words, least_units
from core.workloads.origins import BLOCK_S, BLOCKS, SESSIONS, SINGLE, units
from core.workloads.permutation import EXACT_UP_TO, sign_flip_p_value

pytestmark = pytest.mark.usefixtures("settings")


def origin(number: int, person: str = "eve", at: float = math.nan, label: str = "rock", other: bool = False) -> Origin:
    return Origin(f"{number}", f"{person} today", person, at, label, other)


def scores(losses: list[float], origins: list[Origin]) -> Scores:
    found = np.array(losses, float)
    return Scores("mAP50", 0.5, 0.0, 1.0, len(found), found, {}, found, tuple(origins))


def compared(gains: list[float], origins: list[Origin]) -> Comparison:
    """Losses of the champion 0.5, of the challenger less by its gain."""
    return compare(scores([0.5] * len(gains), origins), scores([0.5 - gain for gain in gains], origins))


def test_people_are_swapped_as_a_whole_and_one_person_by_seconds() -> None:
    several = units([origin(n, person=f"p{n % 3}", at=float(n)) for n in range(12)])
    assert (several.kind, several.number) == (SESSIONS, 3)
    alone = units([origin(n, at=100 + n / 12) for n in range(36)])
    assert (alone.kind, alone.number) == (BLOCKS, 3) and BLOCK_S == GAP_S
    assert np.bincount(alone.of).tolist() == [12, 12, 12]
    single = units([replace(origin(n), person="") for n in range(5)])
    assert (single.kind, single.of.tolist()) == (SINGLE, [0, 1, 2, 3, 4])


def test_a_person_on_two_days_is_still_one_person() -> None:
    days = [replace(origin(n, at=n * 90_000.0), session=f"eve day {n}") for n in range(2)]
    assert units(days).kind == BLOCKS


def test_forty_images_of_three_people_are_three_and_not_forty() -> None:
    """The same images and gains: as single ones they would be overwhelming."""
    people = [origin(n, person=f"p{n % 3}") for n in range(40)]
    found = compared([0.5] * 40, people)
    assert (found.better, found.p_value) == (False, 1 / 8)
    assert compared([0.5] * 40, [replace(one, person="", session="s") for one in people]).better


def test_a_clear_gain_over_enough_sessions_is_better_and_the_reverse_is_not() -> None:
    people = [origin(n, person=f"p{n % 10}") for n in range(40)]
    assert compared([0.5] * 40, people).better
    worse = compared([-0.5] * 40, people)
    assert not worse.better and worse.p_value == 1.0


def test_the_same_model_twice_is_no_better() -> None:
    same = compared([0.0] * 20, [origin(n) for n in range(20)])
    assert not same.better and same.p_value == 1.0
    assert same.evidence is not None and same.evidence.e_value == 1.0


def test_one_lucky_image_is_not_enough() -> None:
    lucky = compared([0.5, *[0.0] * 29], [origin(n, at=float(n)) for n in range(30)])
    assert lucky.details["gain"] > 0 and not lucky.better


def test_whoever_was_not_learnt_must_not_be_worse_off(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [origin(n, person=f"p{n % 12}", other=n % 12 >= 10) for n in range(48)]
    gains = [-0.05 if one.other else 0.5 for one in people]
    harmed = compared(gains, people)
    assert not harmed.better and not harmed.unharmed
    assert harmed.evidence is not None and harmed.evidence.convinces(0.05, 0.005)
    assert "On other people it is worse (-0.050)" in render(harmed.summary)
    assert compared([max(gain, -0.02) for gain in gains], people).better
    monkeypatch.setenv("SHIFUMI_PROMOTE_OTHERS_MARGIN", "0.06")
    get_settings.cache_clear()
    assert compared(gains, people).better


def test_those_who_are_not_compared_now_must_not_be_worse_off_either() -> None:
    """A second holdout with new images of one person: it decides for them, and not against the others."""
    whole = [origin(n, person="eve" if n < 20 else "ada", at=float(n)) for n in range(30)]
    new = np.array([one.person == "eve" for one in whole])

    def decided(gain_of_others: float) -> Comparison:
        gains = [0.5 if one.person == "eve" else gain_of_others for one in whole]
        before, after = scores([0.5] * 30, whole), scores([0.5 - gain for gain in gains], whole)
        return compare(before.only(new), after.only(new))

    assert decided(0.0).better and decided(0.0).details["unit_kind"] == BLOCKS
    assert not decided(-0.1).better and not decided(-0.1).unharmed


def test_nothing_new_is_no_evidence() -> None:
    none = compared([], [])
    assert not none.better and none.evidence is not None and none.evidence.samples == 0
    assert "no new images" in render(none.summary)


def test_different_holdouts_are_refused() -> None:
    first, second = scores([0.0], [origin(1)]), scores([0.0], [origin(2)])
    with pytest.raises(ValueError, match="different holdouts"):
        compare(first, second)


def test_some_of_the_samples_keep_their_order_and_the_metric_of_all() -> None:
    all_of_them = scores([0.0, 0.25, 0.5], [origin(n) for n in range(3)])
    some = all_of_them.only(np.array([True, False, True]))
    assert some.losses is not None and some.losses.tolist() == [0.0, 0.5]
    assert [one.key for one in some.origins or ()] == ["0", "2"]
    assert (some.samples, some.value) == (2, all_of_them.value)


@pytest.mark.parametrize("number", [1, 5, EXACT_UP_TO])
def test_few_units_are_all_enumerated(number: int) -> None:
    values = np.random.default_rng(number).normal(0.3, 1, number)
    signed = [float(np.dot(signs, values)) for signs in product((1, -1), repeat=number)]
    expected = np.mean([total >= values.sum() - 1e-9 for total in signed])
    assert sign_flip_p_value(values) == pytest.approx(expected)


def test_units_that_are_won_together_count_once() -> None:
    gains = np.full(60, 0.5)
    few, many = by_units(gains, np.arange(60) // 20), by_units(gains, np.arange(60))
    assert few.e_value < 2**3 < many.e_value  # three coins have eight outcomes
    assert few.samples == many.samples == 60 and few.mean_gain == pytest.approx(0.5)


def power_of(gains: list[float], origins: list[Origin]) -> dict[str, Any]:
    found: dict[str, Any] = compared(gains, origins).details["power"]
    return found


def test_too_few_people_can_show_nothing_and_the_page_says_how_many_more(settings: Settings) -> None:
    found = power_of([0.1] * 30, [origin(n, person=f"p{n % 3}") for n in range(30)])
    assert found["shows"] is None and (found["units"], found["target"]) == (3, 0.3)
    assert found["more_units"] >= least_units(settings.promote_alpha) - 3 and found["more"] == 10 * found["more_units"]
    assert "can show no gain" in render(in_words(found))


def test_more_images_show_smaller_gains_and_say_so() -> None:
    random = np.random.default_rng(0)

    def found(people: int) -> dict[str, Any]:
        images = [origin(n, person=f"p{n % people}") for n in range(10 * people)]
        return power_of(random.choice([-0.5, 0.0, 0.5], len(images), p=[0.1, 0.7, 0.2]).tolist(), images)

    small, large = found(10), found(60)
    assert small["shows"] > 1.8 * large["shows"]
    assert small["target"] < small["shows"] and small["more"] > 0
    assert f"show a gain of {small['shows']:.3f}" in render(in_words(small))


def test_what_to_capture_evens_the_classes_out() -> None:
    labels = ["rock"] * 20 + ["paper"] * 8 + ["scissors"] * 2
    found = power_of([0.1, -0.1] * 15, [origin(n, at=float(n), label=label) for n, label in enumerate(labels)])
    capture = found["capture"]
    assert capture["scissors"] > capture["paper"] > capture["rock"]
    assert 0.3 * sum(capture.values()) >= found["more"]


def test_the_gain_that_is_said_to_show_is_seen_in_about_four_of_five_cases(settings: Settings) -> None:
    """The formula against the product's own evidence."""
    random, people, each = np.random.default_rng(3), 20, 5
    images = [origin(n, person=f"p{n // each}") for n in range(people * each)]

    def gains(gain: float) -> np.ndarray:
        better = (0.3 + gain) / 2
        return random.choice([-1.0, 0.0, 1.0], people * each, p=[0.3 - better, 0.7, better])

    shown = float(np.median([power_of(gains(0.1).tolist(), images)["shows"] for _ in range(40)]))
    codes = units(images).of
    seen = [by_units(gains(shown), codes).p_value <= settings.promote_alpha for _ in range(400)]
    assert 0.65 <= np.mean(seen) <= 0.92
