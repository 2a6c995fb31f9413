"""A person's frames are split so that a model can learn them and be judged on them, and never on copies."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.images.person_split import GAP_S, ONE_IN, PEOPLE_ENOUGH, Frame, plan
from core.images.splits import HOLDOUT, OPEN, TRAIN, UNUSED, VAL

THROWS = ("rock", "paper", "scissors")


def hold(label: str, begin: float, frames: int, step: float = 1 / 12, person: str = "eve", key: int = 0) -> list[Frame]:
    return [Frame(key + n, person, label, begin + n * step) for n in range(frames)]


def decided(frames: list[Frame]) -> list[Frame]:
    made = plan(frames)
    return [replace(one, split=made.get(one.key, one.split)) for one in frames]


def sides(frames: list[Frame], label: str, person: str = "eve") -> set[str]:
    return {one.split for one in frames if (one.label, one.person) == (label, person)}


def closest(frames: list[Frame]) -> float:
    """The least time between two frames of one person and class of which one is learnt from and one judges."""
    judges = [one for one in frames if one.split == HOLDOUT]
    learnt = [one for one in frames if one.split in {TRAIN, VAL}]
    pairs = product(judges, learnt)
    times = [abs(a.at - b.at) for a, b in pairs if (a.person, a.label) == (b.person, b.label)]
    return min(times, default=float("inf"))


holds = st.lists(
    st.tuples(
        st.sampled_from(THROWS),
        st.integers(3, 120),
        st.sampled_from((1 / 12, 0.2, 1.0)),
        st.floats(0.1, 60, allow_nan=False),
    ),
    min_size=0,
    max_size=6,
)


def filmed(more: list[tuple[str, int, float, float]], order: list[str], first: int = 0) -> list[Frame]:
    """One hold of each class in this order, then more of them, each some seconds after the one before."""
    at, key, frames = 1_000.0 + first, first, list[Frame]()
    for label, number, step, pause in [*((label, 12, 1 / 12, 2.0) for label in order), *more]:
        frames += hold(label, at, number, step, key=key)
        at, key = at + number * step + pause, key + number
    return frames


@settings(max_examples=150, deadline=None)
@given(st.permutations(THROWS), holds, st.integers(0, 2**32))
def test_from_three_holds_on_every_class_is_learnt_and_judged_and_no_copy_judges(
    order: list[str], more: list[tuple[str, int, float, float]], seed: int
) -> None:
    frames = filmed(more, order)
    shuffled = random.Random(seed).sample(frames, len(frames))
    made = plan(shuffled)
    assert made == plan(frames)  # no order of arrival matters
    done = decided(frames)
    assert OPEN not in {one.split for one in done}
    for label in THROWS:
        assert {TRAIN, HOLDOUT} <= sides(done, label)
        times = sorted(one.at for one in done if one.label == label)
        usual = min(GAP_S, (times[-1] - times[0]) / 5)
        assert closest([one for one in done if one.label == label]) >= usual - 1e-9


@settings(max_examples=150, deadline=None)
@given(st.permutations(THROWS), holds, holds, st.sets(st.integers(0, 400)), st.integers(0, 2**32))
def test_what_has_a_side_keeps_it_whatever_comes_and_goes(
    order: list[str],
    more: list[tuple[str, int, float, float]],
    later: list[tuple[str, int, float, float]],
    deleted: set[int],
    seed: int,
) -> None:
    first = filmed(more, order)
    # Some of the first frames are labelled only after the first dataset was made.
    late = set(random.Random(seed).sample([one.key for one in first], len(first) // 4))
    before = decided([one for one in first if one.key not in late])
    assert plan(before) == {}
    kept = [one for one in before if one.key not in deleted]
    new = [one for one in first if one.key in late] + filmed(later, [], first=10_000)
    after = decided([*kept, *new])
    assert [one for one in after if one.key in {old.key for old in kept}] == kept
    old = {one.key for one in kept}
    judges = [one for one in after if one.split == HOLDOUT]
    learnt = [one for one in after if one.split in {TRAIN, VAL}]
    for a, b in product(judges, learnt):
        if a.label == b.label and (a.key in old) != (b.key in old):
            assert abs(a.at - b.at) >= GAP_S - 1e-9


def test_many_frames_take_no_time() -> None:
    """It runs inside of a transaction: 12,000 frames are a person who captured for a quarter of an hour."""
    before = decided(hold("rock", 0, 10_000))
    began = time.process_time()
    plan([*before, *hold("rock", 9_000, 2_000, key=100_000)])
    assert time.process_time() - began < 5  # seconds; looking at all pairs took minutes


def test_about_a_third_judges_and_the_gap_is_left_out() -> None:
    done = decided(hold("rock", 0, 120))  # ten seconds
    count = {split: sum(one.split == split for one in done) for split in (TRAIN, VAL, HOLDOUT, UNUSED)}
    assert 34 <= count[HOLDOUT] <= 37 and count[TRAIN] >= 45 and 8 <= count[VAL] <= 14
    assert count[UNUSED] <= 24 and closest(done) >= GAP_S


def test_a_cut_lies_between_two_holds_where_that_costs_nothing() -> None:
    done = decided([*hold("rock", 0, 40), *hold("rock", 60, 20, key=100)])
    assert {one.split for one in done if one.at >= 60} == {HOLDOUT}
    assert closest(done) > 50


@pytest.mark.parametrize("frames", [1, 2])
def test_too_few_to_split_are_learnt(frames: int) -> None:
    assert sides(decided(hold("rock", 0, frames)), "rock") == {TRAIN}


def test_frames_of_one_moment_are_not_split() -> None:
    assert sides(decided(hold("rock", 0, 20, step=0)), "rock") == {TRAIN}


def test_mistakes_are_learnt_and_never_judge() -> None:
    flagged = [replace(one, flagged=True) for one in hold("rock", 100, 30, key=500)]
    done = decided([*hold("rock", 0, 60), *flagged])
    assert {one.split for one in done if one.flagged} == {TRAIN}
    assert HOLDOUT in sides(done, "rock")


def test_a_mistake_next_to_an_image_that_judges_is_left_out() -> None:
    done = decided(hold("rock", 0, 60))
    judge = next(one for one in done if one.split == HOLDOUT)
    mistake = Frame(900, "eve", "rock", judge.at + 0.2, flagged=True)
    assert plan([*done, mistake]) == {900: UNUSED}


def people(number: int) -> list[Frame]:
    frames = list[Frame]()
    for person, (index, label) in product(range(number), enumerate(THROWS)):
        begin, key = 1_000 * person + 20 * index, 1_000 * person + 100 * index
        frames += hold(label, begin, 24, person=f"p{person:02}", key=key)
    return frames


def whole(frames: list[Frame]) -> list[str]:
    names = sorted({one.person for one in frames})
    return [name for name in names if {one.split for one in frames if one.person == name} == {HOLDOUT}]


def test_whole_people_are_held_out_once_there_are_enough() -> None:
    assert whole(decided(people(PEOPLE_ENOUGH - 1))) == []
    assert whole(decided(people(PEOPLE_ENOUGH))) == ["p07"]
    assert len(whole(decided(people(20)))) == 20 // ONE_IN


def test_nobody_is_held_out_who_alone_shows_a_class() -> None:
    alone = hold("lizard", 500_000, 24, person="p07", key=500_000)
    assert whole(decided([*people(PEOPLE_ENOUGH), *alone])) == []


def test_a_person_who_is_held_out_stays_so_and_their_mistakes_are_left_out() -> None:
    done = decided(people(PEOPLE_ENOUGH))
    later = hold("rock", 90_000, 24, person="p07", key=90_000)
    mistake = Frame(99_999, "p07", "rock", 99_000.0, flagged=True)
    made = plan([*done, *later, mistake])
    assert set(made.values()) == {HOLDOUT, UNUSED} and made[99_999] == UNUSED
    one_by_one = list[Frame]()
    for person in range(20):  # a dataset after each of them
        one_by_one = decided([*one_by_one, *(one for one in people(20) if one.person == f"p{person:02}")])
    assert whole(one_by_one) == ["p07", "p09", "p14", "p19"]


def test_a_person_whose_early_frames_were_deleted_is_still_learnt() -> None:
    """That only the holdout is left of somebody does not make them a person who is held out."""
    left = [replace(one, split=HOLDOUT) for one in hold("rock", 0.0, 12, 1.0)]
    new = hold("rock", 100.0, 30, 1.0, key=100)
    others = [replace(one, split=TRAIN) for one in hold("rock", 0.0, 9, 1.0, person="bob", key=500)]
    made = plan([*left, *new, *others])
    assert TRAIN in {made[one.key] for one in new}
