"""Figures of classifiers of any number of classes, and the test that compares two."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, log_loss, roc_auc_score

from core.workloads.rows.calibration import expected_calibration_error, reliability
from core.workloads.rows.classification import aligned, compare, score
from core.workloads.statistics import wilson_interval

THREE = ("a", "b", "c")


def drawn(rows: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of shape (rows, classes), and labels that come up as often as those say."""
    random = np.random.default_rng(seed)
    chances = random.dirichlet(np.ones(classes), rows)
    labels = (random.random((rows, 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(0, classes - 1)
    return labels, chances


def test_three_classes_are_scored_as_scikit_learn_does() -> None:
    labels, chances = drawn(2_000, 3)
    scores = score(labels, chances, THREE)
    answers = chances.argmax(axis=1)
    assert (scores.metric, scores.samples) == ("accuracy", 2_000)
    assert scores.value == np.mean(answers == labels)
    assert (scores.ci_low, scores.ci_high) == wilson_interval(int((answers == labels).sum()), 2_000)
    assert scores.outcomes.tolist() == (answers == labels).tolist()
    assert scores.details["macro_f1"] == pytest.approx(f1_score(labels, answers, average="macro"))
    assert scores.details["log_loss"] == pytest.approx(log_loss(labels, chances))
    assert scores.details["roc_auc"] == pytest.approx(roc_auc_score(labels, chances, multi_class="ovr"))
    matrix = np.array(scores.details["confusion_matrix"])
    assert matrix.shape == (3, 3)
    assert matrix[0, 1] == np.sum((labels == 0) & (answers == 1)) > 0
    assert scores.details["classes"] == ["a", "b", "c"]


def test_without_a_class_in_the_holdout_the_auc_is_undefined_and_the_matrix_keeps_its_size() -> None:
    scores = score(np.array([0, 2, 2]), np.array([[0.8, 0.1, 0.1], [0.1, 0.2, 0.7], [0.4, 0.3, 0.3]]), THREE)
    assert scores.details["roc_auc"] is None
    assert scores.details["confusion_matrix"] == [[1, 0, 0], [0, 0, 0], [1, 0, 1]]


def test_of_equal_chances_the_first_class_is_the_answer() -> None:
    assert score(np.array([0, 1]), np.full((2, 2), 0.5), ("0", "1")).outcomes.tolist() == [True, False]


def test_an_empty_holdout_and_unknown_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="the holdout is empty"):
        score(np.zeros(0, np.int8), np.zeros((0, 3)), THREE)
    for label in (-1, 3):
        with pytest.raises(ValueError, match="it knows a, b, c"):
            score(np.array([label]), np.full((1, 3), 1 / 3), THREE)


def test_a_class_that_a_model_does_not_know_yet_counts_as_wrong() -> None:
    chances = aligned(np.array([[0.9, 0.1]]), ("c", "a"), THREE)
    assert chances.tolist() == [[0.1, 0.0, 0.9]]
    assert score(np.array([1]), chances, THREE).value == 0.0
    with pytest.raises(ValueError, match="knows d"):
        aligned(np.array([[0.5, 0.5]]), ("a", "d"), THREE)


def test_chances_that_come_true_are_calibrated_and_boasting_is_not() -> None:
    labels, chances = drawn(40_000, 3)
    assert score(labels, chances, THREE).details["calibration_error"] < 0.02
    boast = np.where(chances == chances.max(axis=1, keepdims=True), 0.98, 0.01)
    boasted = score(labels, boast, THREE)
    assert boasted.details["calibration_error"] == pytest.approx(0.98 - boasted.value)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=60))
def test_the_diagram_holds_every_row_once_and_its_error_is_the_weighted_gap(rows: list[tuple[bool, float]]) -> None:
    right, confidence = (np.array(column) for column in zip(*rows, strict=True))
    diagram = reliability(right, confidence)
    assert sum(one["rows"] for one in diagram) == len(rows)
    gap = 0.0
    for one in diagram:
        inside = (confidence >= one["low"]) & ((confidence < one["high"]) | (one["high"] == 1.0))
        assert one["rows"] == pytest.approx(inside.sum(), abs=2)  # a bound itself may round to either side
        gap += one["rows"] / len(rows) * abs(one["confidence"] - one["accuracy"])
    assert expected_calibration_error(diagram) == pytest.approx(gap)


def test_two_classifiers_are_compared_by_the_rows_that_only_one_has_right() -> None:
    labels = np.arange(300) % 3
    good, bad = np.eye(3)[labels], np.eye(3)[np.where(np.arange(300) < 30, (labels + 1) % 3, labels)]
    champion, challenger = score(labels, bad, THREE), score(labels, good, THREE)
    found = compare(champion, challenger, 0.05, 0.0, "rows")
    assert found.better
    assert (found.details["only_first_right"], found.details["only_second_right"]) == (0, 30)
    assert found.p_value == pytest.approx(0.5**30)
    assert not compare(challenger, champion, 0.05, 0.0, "rows").better
    assert not compare(champion, challenger, 1e-12, 0.0, "rows").better
    assert compare(champion, challenger, 0.05, 0.1, "rows").better
    assert not compare(champion, challenger, 0.05, 0.101, "rows").better
    assert found.evidence is not None and (found.evidence.mean_gain, found.evidence.samples) == (0.1, 300)
    with pytest.raises(ValueError, match="different holdouts"):
        compare(champion, score(labels[:9], good[:9], THREE), 0.05, 0.0, "rows")
