"""Linear data has the properties its form promises, and the export answers like scikit-learn."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.workloads.linear.data import generate_columns
from core.workloads.linear.model import LinearPredictor, fit
from core.workloads.linear.workload import LinearParameters, LinearWorkload
from core.workloads.predictors import predicted
from core.workloads.rows.columns import HOLDOUT_SHARE
from tests.learning import make_dataset

CHOICES = st.fixed_dictionaries(
    {
        "rows": st.just(20_000),
        "noise": st.floats(0, 2),
        "balance": st.floats(0.05, 0.95),
        "angle": st.floats(-360, 360),
        "offset": st.floats(-3, 3),
        "seed": st.integers(0, 2**32 - 1),
    }
)


@settings(max_examples=40)
@given(CHOICES)
def test_every_choice_gives_finite_balanced_data(choices: dict[str, float]) -> None:
    columns = generate_columns(**choices)  # type: ignore[arg-type]
    assert all(np.isfinite(columns[name]).all() for name in ("x1", "x2"))
    # Five standard errors of a share of 20,000.
    assert abs(columns["label"].mean() - choices["balance"]) < 5 * 0.5 / np.sqrt(20_000)
    assert abs(columns["holdout"].mean() - HOLDOUT_SHARE) < 5 * 0.4 / np.sqrt(20_000)


@settings(max_examples=20)
@given(st.floats(-360, 360), st.floats(-2, 2), st.integers(0, 1000))
def test_without_noise_the_boundary_separates_perfectly(angle: float, offset: float, seed: int) -> None:
    columns = generate_columns(rows=5_000, noise=0, balance=0.5, angle=angle, offset=offset, seed=seed)
    radians = np.deg2rad(angle)
    across = columns["x1"] * np.cos(radians) + columns["x2"] * np.sin(radians)
    assert ((across > offset - 1e-9) | (columns["label"] == 0)).all()
    assert ((across < offset + 1e-9) | (columns["label"] == 1)).all()


def test_accuracy_reaches_what_the_noise_allows() -> None:
    dataset = make_dataset(rows=200_000, noise=0.3)
    workload = LinearWorkload()
    scores = workload.evaluate(workload.train(dataset, lambda *_: None).predictor, dataset)
    best = 1 - np.arctan(0.3) / np.pi
    assert scores.ci_low - 0.002 <= best <= scores.ci_high + 0.002
    assert scores.details["roc_auc"] > 0.95
    assert sum(map(sum, scores.details["confusion_matrix"])) == scores.samples


def test_same_seed_same_data_other_seed_other_data() -> None:
    first, again, other = (generate_columns(**LinearParameters(seed=seed).model_dump())["x1"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": 0},
        {"rows": -5},
        {"rows": 5_000_001},
        {"rows": "many"},
        {"noise": float("nan")},
        {"noise": -0.1},
        {"offset": float("inf")},
        {"balance": 1.0},
        {"seed": -1},
        {"surprise": 1},
    ],
)
def test_bad_choices_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LinearParameters.model_validate(wrong)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(-180, 180), st.floats(-1, 1))
def test_export_answers_like_scikit_learn(seed: int, angle: float, offset: float) -> None:
    columns = generate_columns(rows=1_000, noise=0.3, balance=0.5, angle=angle, offset=offset, seed=seed)
    features = np.column_stack([columns["x1"], columns["x2"]])
    pipeline = fit(features, columns["label"], C=1.0)
    export = LinearPredictor.from_pipeline(pipeline)
    probe = np.random.default_rng(seed).normal(0, 5, (200, 2))
    np.testing.assert_allclose(export.probabilities(probe), pipeline.predict_proba(probe), atol=1e-12)
    np.testing.assert_array_equal(predicted(export.probabilities(probe)), pipeline.predict(probe))


def test_export_survives_the_disk_and_refuses_damage(tmp_path: Path) -> None:
    predictor = LinearPredictor(1.5, -2.0, 0.25)
    predictor.save(tmp_path)
    assert LinearPredictor.load(tmp_path) == predictor
    (tmp_path / "linear.json").write_text('{"w1": 1}')
    with pytest.raises(ValueError, match="damaged"):
        LinearPredictor.load(tmp_path)
    with pytest.raises(ValueError, match="not usable"):
        LinearPredictor(float("nan"), 1.0, 0.0).smoke()


def test_extreme_inputs_do_not_overflow() -> None:
    answer = LinearPredictor(1e300, 1e300, 0.0).probabilities(np.array([[1.0, 1.0], [-1.0, -1.0]]))
    np.testing.assert_allclose(answer, [[0.0, 1.0], [1.0, 0.0]], atol=1e-300)


def test_splits_do_not_overlap_and_cover_everything() -> None:
    dataset = make_dataset(rows=5_000)
    held, rest = LinearWorkload().split(dataset, holdout=True), LinearWorkload().split(dataset, holdout=False)
    assert len(held[1]) + len(rest[1]) == 5_000
    assert not set(map(tuple, held[0])) & set(map(tuple, rest[0]))
