"""The loop's tests against figures worked out elsewhere, and their behaviour on real drift."""

import numpy as np
import pytest

from core.config.messages import render
from core.workloads.linear.model import LinearPredictor
from core.workloads.linear.workload import LinearWorkload
from core.workloads.statistics import ks_tests, mcnemar_exact, wilson_interval
from tests.learning import make_dataset


def test_wilson_interval_of_a_textbook_case() -> None:
    # 8 of 10: 0.490 to 0.943 (Newcombe 1998, table I, method 3, by the formula).
    low, high = wilson_interval(8, 10)
    assert low == pytest.approx(0.4902, abs=1e-4)
    assert high == pytest.approx(0.9433, abs=1e-4)


def test_mcnemar_counts_only_discordant_pairs() -> None:
    first = np.array([True] * 90 + [True] * 2 + [False] * 8)
    second = np.array([True] * 90 + [False] * 2 + [True] * 8)
    test = mcnemar_exact(first, second)
    assert (test.only_first_right, test.only_second_right) == (2, 8)
    # One-sided binomial tail: (1 + 10 + 45) / 1024
    assert test.p_value == pytest.approx(56 / 1024)
    assert mcnemar_exact(second, first).p_value == pytest.approx(1 - 11 / 1024)


def test_mcnemar_without_disagreement_and_with_other_holdouts() -> None:
    same = np.array([True, False, True])
    assert mcnemar_exact(same, same).p_value == 1.0
    with pytest.raises(ValueError, match="different holdouts"):
        mcnemar_exact(same, same[:2])


def test_small_but_significant_shifts_do_not_count_as_drift() -> None:
    random = np.random.default_rng(0)
    reference, shifted = random.normal(0, 1, 20_000), random.normal(0.08, 1, 20_000)
    result = ks_tests({"x": reference}, {"x": shifted}, alpha=0.01, min_effect=0.1)[0]
    assert result["p_adjusted"] < 0.01
    assert not result["drift"]


@pytest.mark.parametrize("seed", range(5))
def test_undrifted_data_is_left_alone_and_drifted_data_is_found(seed: int) -> None:
    workload = LinearWorkload()
    reference, model = make_dataset(rows=5_000, seed=seed), LinearPredictor(1, 1, 0)
    assert not workload.drift(reference, reference, model).found
    assert not workload.drift(reference, make_dataset(rows=5_000, seed=seed + 100), model).found
    drifted = workload.drift(reference, make_dataset(rows=5_000, seed=seed + 200, offset=1.5), model)
    assert drifted.found
    assert "Drift in x1" in render(drifted.summary)
