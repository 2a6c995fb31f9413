"""The alarm on the champion's loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from core.loop.alarm import Alarm, Loss, avoidable, loss_alarm, refit_alarm

LEVEL, LEAST = 0.01, 0.005


def errors(rate: float, rows: int) -> Loss:
    wrong = np.zeros(rows)
    wrong[: round(rate * rows)] = 1.0
    return Loss.of(wrong)


@given(st.lists(st.lists(st.floats(0, 10), min_size=1, max_size=20), min_size=2, max_size=5))
def test_losses_add_up_to_those_of_all_samples(parts: list[list[float]]) -> None:
    first, *rest = (Loss.of(np.array(part)) for part in parts)
    for one in rest:
        first = first + one
    everything = Loss.of(np.concatenate([np.array(part) for part in parts]))
    assert first.samples == everything.samples
    assert_allclose((first.mean, first.variance), (everything.mean, everything.variance), atol=1e-9)


def test_a_jump_shows_at_once() -> None:
    found = loss_alarm([errors(0.06, 1000)] * 3 + [errors(0.11, 1000)], LEVEL, LEAST)
    assert found is not None
    assert (found.datasets, found.before, found.now) == (1, 0.06, 0.11)


def test_a_small_loss_shows_after_some_datasets() -> None:
    calm, worse = [errors(0.06, 1000)] * 10, errors(0.078, 1000)
    assert loss_alarm([*calm, worse], LEVEL, LEAST) is None
    found = loss_alarm([*calm, worse, worse, worse], LEVEL, LEAST)
    assert found is not None
    assert found.datasets == 3


def test_one_bad_dataset_raises_it_once() -> None:
    calm = [errors(0.06, 1000)] * 5
    assert loss_alarm([*calm, errors(0.5, 1000)], LEVEL, LEAST) is not None
    assert loss_alarm([*calm, errors(0.5, 1000), errors(0.06, 1000)], LEVEL, LEAST) is None


def test_trifles_are_no_alarm_however_many_rows() -> None:
    assert loss_alarm([errors(0.06, 10**6), errors(0.062, 10**6)], LEVEL, LEAST) is None


@pytest.mark.parametrize("history", [[], [errors(0.9, 100)], [errors(0.0, 100)] * 3])
def test_nothing_to_compare_is_no_alarm(history: list[Loss]) -> None:
    assert loss_alarm(history, LEVEL, LEAST) is None


def test_a_falling_loss_is_no_alarm() -> None:
    assert loss_alarm([errors(0.2, 1000), errors(0.05, 1000)], LEVEL, LEAST) is None


def gain(mean: float, rows: int = 1000, variance: float = 0.005) -> Loss:
    return Loss(rows, mean, variance)


def test_a_refit_that_would_gain_is_an_alarm() -> None:
    assert refit_alarm(None, [], LEVEL, LEAST) is None
    assert refit_alarm(None, [gain(0.001), gain(0.003)], LEVEL, LEAST) is None
    found = refit_alarm(None, [gain(0.0), gain(0.012)], LEVEL, LEAST)
    assert found is not None
    assert (found.datasets, found.now) == (1, 0.012)


def test_small_gains_of_a_refit_show_after_some_datasets() -> None:
    once = gain(0.0051, variance=0.01)
    assert refit_alarm(None, [once], LEVEL, LEAST) is None
    found = refit_alarm(None, [once] * 4, LEVEL, LEAST)
    assert found is not None
    assert found.datasets == 4


def test_a_gain_that_no_training_brought_before_is_no_alarm() -> None:
    usual = gain(0.02)
    assert refit_alarm(usual, [gain(0.021)] * 3, LEVEL, LEAST) is None
    assert refit_alarm(usual, [gain(0.04)], LEVEL, LEAST) is not None


def test_trifles_of_a_refit_are_no_alarm_however_many_rows() -> None:
    assert refit_alarm(None, [gain(0.002, rows=10**6)] * 3, LEVEL, LEAST) is None


def test_a_refit_alarm_ends_with_the_gain() -> None:
    assert refit_alarm(None, [gain(0.05), gain(0.0)], LEVEL, LEAST) is None


@pytest.mark.parametrize(
    ("usual", "gains", "answer"),
    [
        (None, [], True),  # no refit was measured
        (None, [0.0, 0.0, 0.0], False),  # harder for every model
        (None, [0.0, 0.0, 0.02], True),
        (None, [0.02], True),
        (0.02, [0.02], False),  # what no training could gain before
        (0.02, [0.05], True),
    ],
)
def test_a_rise_is_avoidable_where_a_refit_gains_more_than_before(
    usual: float | None, gains: list[float], answer: bool
) -> None:
    rise = Alarm(0.05, 0.08, 1, 0.001)
    known = None if usual is None else gain(usual)
    assert avoidable(rise, known, [gain(one) for one in gains]) is answer
