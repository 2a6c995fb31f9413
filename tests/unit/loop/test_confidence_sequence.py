"""The interval and the test hold for all looks together: simulated, looked at after each label."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from core.loop.confidence_sequence import confidence_sequence, fall, log_wealth

ALPHA, RUNS, LABELS = 0.1, 2_000, 1_000
# Of 2,000 runs with probability .1 more than 240 miss once in a thousand times; the seeds are fixed.
ALLOWED = ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / RUNS)

STEADY = {f"always {p}": np.full(LABELS, p) for p in (0.02, 0.5, 0.9, 0.99)}
CHANGING = {
    "falling": np.linspace(0.99, 0.5, LABELS),
    "jumping": np.where(np.arange(LABELS) < 300, 0.95, 0.6),
    "up and down": 0.75 + 0.24 * np.sin(np.arange(LABELS) / 20),
}


@pytest.mark.parametrize("name", [*STEADY, *CHANGING])
def test_all_intervals_together_hold_the_running_accuracy(name: str) -> None:
    chances = (STEADY | CHANGING)[name]
    truth = np.cumsum(chances) / np.arange(1, LABELS + 1)
    rng, labels = np.random.default_rng(1), np.arange(1, LABELS + 1)
    missed = 0
    for _ in range(RUNS):
        right = np.cumsum(rng.random(LABELS) < chances).astype(np.float64)
        missed += bool((log_wealth(labels, right, truth) >= np.log(1 / ALPHA)).any())
    assert missed / RUNS <= ALLOWED


def _ever(outcomes: NDArray[np.bool_], before: float, least: float, level: float, every: int) -> int | None:
    """After how many labels a fall is seen first."""
    looks = range(every, len(outcomes) + 1, every)
    return next((n for n in looks if fall(outcomes[:n], before, least, level)), None)


@pytest.mark.parametrize("chances", [np.full(300, 0.9), np.linspace(0.9, 0.99, 300)], ids=["steady", "better"])
def test_a_fall_that_is_none_is_seldom_seen_however_often_one_looks(chances: NDArray[np.float64]) -> None:
    rng = np.random.default_rng(2)
    seen = sum(_ever(rng.random(300) < chances, 0.9, 0.0, ALPHA, 3) is not None for _ in range(300))
    assert seen / 300 <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / 300)


def test_a_fall_is_seen_also_after_a_long_good_time() -> None:
    rng = np.random.default_rng(3)
    for good in (0, 200, 5_000):
        outcomes = np.concatenate([rng.random(good) < 0.95, rng.random(600) < 0.75])
        found = fall(outcomes, 0.95, 0.005, 0.01)
        assert found is not None and found.p_value <= 0.01
        assert 0.68 < found.now < 0.8
        assert 500 < found.labels < 800


def test_a_smaller_fall_than_asked_is_none() -> None:
    rng = np.random.default_rng(4)
    outcomes = rng.random(20_000) < 0.93
    assert fall(outcomes, 0.95, 0.005, 0.01) is not None
    assert fall(outcomes, 0.95, 0.05, 0.01) is None


def test_without_labels_nothing_is_said() -> None:
    nothing = np.zeros(0, np.bool_)
    assert fall(nothing, 0.9, 0.0, 0.5) is None
    assert fall(np.zeros(5, np.bool_), 0.004, 0.005, 0.5) is None  # nothing is left to fall to
    assert len(confidence_sequence(nothing, 0.05).labels) == 0


@given(arrays(np.bool_, st.integers(1, 3_000)), st.sampled_from([0.01, 0.05, 0.3]))
def test_the_interval_is_where_the_wealth_stays_below(outcomes: NDArray[np.bool_], alpha: float) -> None:
    found = confidence_sequence(outcomes, alpha, points=50)
    right = np.cumsum(outcomes)[found.labels - 1].astype(np.float64)
    assert found.labels[-1] == len(outcomes) and len(found.labels) <= 50
    assert found.mean == pytest.approx(right / found.labels)
    assert (found.low <= found.mean).all() and (found.mean <= found.high).all()
    assert (found.low >= 0).all() and (found.high <= 1).all()
    limit = np.log(1 / alpha)
    for edge, end, inside in ((found.low, 0.0, 1e-6), (found.high, 1.0, -1e-6)):
        within = np.clip(edge + inside, 0, 1)
        assert (log_wealth(found.labels, right, within) < limit + 1e-3).all()
        reached = log_wealth(found.labels, right, edge)
        assert (reached[np.abs(edge - end) > 1e-9] >= limit - 1e-3).all()


def test_more_labels_make_it_narrower() -> None:
    rng = np.random.default_rng(5)
    found = confidence_sequence(rng.random(10_000) < 0.9, 0.05, points=10_000)
    widths = (found.high - found.low)[[29, 99, 999, 9_999]]
    assert (np.diff(widths) < 0).all()
    assert widths[-1] < 0.03
