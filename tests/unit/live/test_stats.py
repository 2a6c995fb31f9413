"""Rates and medians of a running stream."""

import pytest

from core.live.stats import Rate, Recent


def test_a_steady_stream_has_its_rate() -> None:
    rate = Rate()
    for number in range(300):
        rate.tick(number / 30)
    assert rate.per_second(299 / 30) == pytest.approx(30)


def test_a_stream_that_has_just_begun_is_not_slow() -> None:
    rate = Rate()
    assert rate.per_second(0.0) == 0
    rate.tick(0.0)
    assert rate.per_second(0.1) == 0
    rate.tick(0.1)
    assert rate.per_second(0.1) == pytest.approx(10)


def test_a_stream_that_stopped_fades_and_is_forgotten() -> None:
    rate = Rate(window_s=2.0)
    for number in range(60):
        rate.tick(number / 30)
    assert 20 < rate.per_second(2.5) < 30
    assert rate.per_second(10.0) == 0


def test_events_at_the_same_moment_do_not_divide_by_zero() -> None:
    rate = Rate()
    rate.tick(1.0)
    rate.tick(1.0)
    assert rate.per_second(1.0) == 0


def test_the_median_of_the_last_values() -> None:
    recent = Recent(size=3)
    assert recent.median() is None
    for value in (1000.0, 1.0, 2.0, 3.0):
        recent.add(value)
    assert recent.median() == 2
    recent.clear()
    assert recent.median() is None
