"""Exported models answer as scikit-learn does, survive the disk, and refuse damage."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.workloads.base import Classifier, Regressor
from core.workloads.rows.models import AffineModel, SoftmaxModel


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_a_softmax_answers_like_scikit_learn(classes: int, tmp_path: Path) -> None:
    random = np.random.default_rng(classes)
    labels = np.arange(400) % classes
    features = random.normal(labels[:, None], 1, (400, 3)) * [1, 100, 0.01]
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, labels)
    names = tuple(f"class {index}" for index in range(classes))
    SoftmaxModel.from_pipeline(pipeline, names).save(tmp_path)
    model = SoftmaxModel.load(tmp_path)
    assert isinstance(model, Classifier) and not isinstance(model, Regressor)
    assert model.classes == names
    np.testing.assert_allclose(model.probabilities(features), pipeline.predict_proba(features), atol=1e-12)
    model.smoke()


def test_an_affine_model_answers_like_scikit_learn(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    features = random.normal(0, 1, (300, 4)) * [1, 100, 0.01, 5]
    target = features @ [1.0, 0.02, 3.0, 0.0] + 7 + random.normal(0, 0.1, 300)
    pipeline = make_pipeline(StandardScaler(), Ridge()).fit(features, target)
    AffineModel.from_pipeline(pipeline).save(tmp_path)
    model = AffineModel.load(tmp_path)
    assert isinstance(model, Regressor) and not isinstance(model, Classifier)
    np.testing.assert_allclose(model.values(features), pipeline.predict(features), rtol=1e-12)
    model.smoke()


def test_far_away_inputs_do_not_overflow() -> None:
    model = SoftmaxModel(("a", "b"), np.array([[0.0, 1e300]]), np.zeros(2))
    assert model.probabilities(np.array([[1.0], [-1.0]])).tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_a_class_missing_from_the_training_split_is_named() -> None:
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(ValueError, match="2 of 3 classes"):
        SoftmaxModel.from_pipeline(pipeline, ("a", "b", "c"))


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"classes": ["a", "b"]}',
        '{"classes": ["a", "b"], "weights": [[1]], "bias": [0, 0]}',
        '{"classes": ["a", "b"], "weights": [1, 2], "bias": [0, 0]}',
        '{"classes": ["a", "b"], "weights": [[1, "x"]], "bias": [0, 0]}',
    ],
)
def test_a_damaged_softmax_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(ValueError):
        SoftmaxModel.load(tmp_path)


@pytest.mark.parametrize("text", ["[]", "{", '{"weights": [1]}', '{"weights": [1], "bias": null}'])
def test_a_damaged_affine_model_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(ValueError):
        AffineModel.load(tmp_path)


def test_weights_that_are_no_numbers_are_not_served() -> None:
    for model in (
        SoftmaxModel(("a", "b"), np.array([[0.0, np.nan]]), np.zeros(2)),
        SoftmaxModel(("a", "b"), np.zeros((1, 2)), np.zeros(2)),
        AffineModel(np.array([1.0]), float("inf")),
    ):
        with pytest.raises(ValueError, match="not usable"):
            model.smoke()
