"""The preview's promises against what generating and measuring really gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from core.workloads.linear.model import LinearPredictor, fit
from core.workloads.linear.preview import best_accuracy, differences, expected_check, ks_distance, sample
from core.workloads.linear.workload import LinearParameters
from core.workloads.predictors import predicted


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.2, 1.0, 2.0])
def test_the_best_accuracy_is_the_known_one_for_balanced_data(noise: float) -> None:
    assert best_accuracy(LinearParameters(noise=noise)) == pytest.approx(1 - np.arctan(noise) / np.pi, abs=1e-6)


@pytest.mark.parametrize(
    "choices",
    [{"noise": 0.4, "balance": 0.2}, {"noise": 0.8, "offset": 1.0}, {"noise": 0.3, "offset": -1.5, "balance": 0.7}],
)
def test_a_fitted_line_comes_close_to_the_best_accuracy_and_not_above(choices: dict[str, float]) -> None:
    parameters = LinearParameters(**choices)
    drawn = sample(parameters, 100_000)
    features = np.column_stack([drawn["x1"], drawn["x2"]])
    predictor = LinearPredictor.from_pipeline(fit(features, drawn["label"], C=1.0))
    reached = float(np.mean(predicted(predictor.probabilities(features)) == drawn["label"]))
    assert reached == pytest.approx(best_accuracy(parameters), abs=0.006)


@given(st.floats(0, 2), st.floats(0.05, 0.95), st.floats(-3, 3))
def test_the_best_accuracy_is_at_least_that_of_naming_the_larger_class(
    noise: float, balance: float, offset: float
) -> None:
    reached = best_accuracy(LinearParameters(noise=noise, balance=balance, offset=offset))
    assert max(balance, 1 - balance) - 5e-4 <= reached <= 1


def test_the_outlook_sees_a_turned_boundary_and_a_moved_cloud() -> None:
    right = LinearPredictor(1.0, 1.0, 0.0)
    same = LinearParameters(angle=45, seed=1)
    reference = sample(same)
    calm = expected_check(right, sample(same.model_copy(update={"seed": 2})), reference)
    assert calm.accuracy == pytest.approx(best_accuracy(same), abs=0.02)
    assert (calm.drifted, calm.retrains) == ((), False)

    turned = expected_check(right, sample(same.model_copy(update={"angle": 135})), reference)
    assert turned.accuracy == pytest.approx(0.5, abs=0.05)
    assert turned.retrains

    moved = expected_check(right, sample(same.model_copy(update={"balance": 0.9})), reference)
    assert moved.drifted == ("x1", "x2")
    assert expected_check(right, sample(same), None).drifted == ()


@given(
    st.lists(st.floats(-5, 5), min_size=2, max_size=40),
    st.lists(st.floats(-5, 5), min_size=2, max_size=40),
)
def test_the_distance_is_that_of_scipy(first: list[float], second: list[float]) -> None:
    ours = ks_distance(np.array(first), np.array(second))
    assert ours == pytest.approx(ks_2samp(first, second, method="asymp").statistic)


def test_differences_are_said_in_words() -> None:
    reference = LinearParameters().model_dump()
    assert differences(reference, LinearParameters(seed=9, rows=5_000)) == []
    assert differences(reference, LinearParameters(angle=-300, noise=0.5)) == [
        "the boundary is turned by 15°",
        "noise 0.5 instead of 0.2",
    ]
    assert differences(reference, LinearParameters(angle=225)) == ["the boundary is turned by 180°"]
