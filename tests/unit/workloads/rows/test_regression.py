"""Figures of regressors: R² with an interval that holds, and a paired test that keeps its level."""

import numpy as np
import pytest
from scipy.stats import permutation_test
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from core.workloads.permutation import sign_flip_p_value
from core.workloads.rows.regression import compare, score


def measured(rows: int, noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Targets, and predictions that miss them by ``noise``."""
    random = np.random.default_rng(seed)
    truth = random.normal(10, 2, rows)
    return truth, truth + random.normal(0, noise, rows)


def test_figures_are_those_of_scikit_learn() -> None:
    truth, values = measured(500, 1.0)
    scores = score(truth, values)
    assert (scores.metric, scores.samples) == ("R2", 500)
    assert scores.value == pytest.approx(r2_score(truth, values))
    assert scores.details["mae"] == pytest.approx(mean_absolute_error(truth, values))
    assert scores.details["rmse"] == pytest.approx(root_mean_squared_error(truth, values))
    assert scores.outcomes == pytest.approx(np.abs(truth - values))


def test_the_interval_is_about_that_of_a_bootstrap() -> None:
    truth, values = measured(800, 1.0, seed=3)
    scores = score(truth, values)
    random = np.random.default_rng(1)
    again = [random.integers(0, 800, 800) for _ in range(2_000)]
    low, high = np.percentile([r2_score(truth[chosen], values[chosen]) for chosen in again], [2.5, 97.5])
    assert scores.ci_low == pytest.approx(low, abs=0.006)
    assert scores.ci_high == pytest.approx(high, abs=0.006)


def test_a_perfect_model_reaches_one_and_a_useless_one_may_be_negative() -> None:
    truth = np.array([1.0, 2.0, 3.0])
    perfect = score(truth, truth)
    assert (perfect.value, perfect.ci_low, perfect.ci_high) == (1.0, 1.0, 1.0)
    assert score(truth, truth[::-1]).value == -3.0


@pytest.mark.parametrize(
    ("truth", "values", "said"),
    [([1.0], [1.0], "two rows"), ([2.0, 2.0], [1.0, 3.0], "different targets"), ([1.0, 2.0], [1.0, np.nan], "finite")],
)
def test_what_cannot_be_measured_is_refused(truth: list[float], values: list[float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        score(np.array(truth), np.array(values))


def test_the_p_value_is_that_of_scipys_permutation_test() -> None:
    random = np.random.default_rng(5)
    differences = random.normal(0.15, 1, 150)
    for signed in (differences, -differences):
        reference = permutation_test(
            (signed,),
            np.mean,
            permutation_type="samples",
            n_resamples=9_999,
            alternative="greater",
            rng=np.random.default_rng(2),
        )
        assert sign_flip_p_value(signed) == pytest.approx(reference.pvalue, abs=0.015)
    assert sign_flip_p_value(np.zeros(5)) == 1.0
    assert sign_flip_p_value(np.ones(100)) == 1e-4


def test_without_a_difference_it_is_small_no_more_often_than_it_says() -> None:
    """Also where rows are flipped in blocks."""
    random = np.random.default_rng(0)
    found = [sign_flip_p_value(random.exponential(1, 2_500) - random.exponential(1, 2_500)) for _ in range(40)]
    assert 0 <= sum(p < 0.05 for p in found) <= 7  # of 40, more than 7 come up once in 3,000 times


def test_a_smaller_error_is_better_with_confidence_only() -> None:
    truth, close = measured(400, 0.5)
    _, far = measured(400, 1.0)
    champion, challenger = score(truth, far), score(truth, close)
    found = compare(champion, challenger, 0.05, 0.0, "rows")
    assert found.better
    assert found.details["gain"] == pytest.approx(champion.details["mae"] - challenger.details["mae"])
    assert not compare(challenger, champion, 0.05, 0.0, "rows").better
    assert not compare(champion, champion, 0.05, 0.0, "rows").better
    share = found.details["gain"] / champion.details["mae"]
    assert found.evidence is not None and found.evidence.mean_gain == pytest.approx(share)
    assert compare(champion, challenger, 0.05, share - 0.001, "rows").better
    assert not compare(champion, challenger, 0.05, share + 0.001, "rows").better
    with pytest.raises(ValueError, match="different holdouts"):
        compare(champion, score(truth[:9], close[:9]), 0.05, 0.0, "rows")
