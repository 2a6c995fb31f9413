"""Evaluation of a classifier on a holdout, and comparison of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, f1_score, log_loss, roc_auc_score

from core.config.messages import say
from core.workloads.base import Comparison, Scores
from core.workloads.evidence import paired
from core.workloads.predictors import predicted
from core.workloads.rows.calibration import expected_calibration_error, reliability
from core.workloads.statistics import mcnemar_exact, wilson_interval

ACCURACY = "accuracy"


def score(labels: NDArray[Any], probabilities: NDArray[np.float64], classes: Sequence[str]) -> Scores:
    """Accuracy with Wilson's interval, macro F1, log loss, ROC-AUC (one against the rest, mean over the classes), the
    confusion matrix and the reliability diagram.

    ``labels`` are indices into ``classes``, shape (n,); ``probabilities`` have shape (n, k). One outcome per row:
    whether it was correct. Raises ``ValueError`` when n is 0 or a label is not a valid index.
    """
    if len(labels) == 0:
        raise ValueError("the holdout is empty: generate a dataset with more rows")
    if labels.min() < 0 or labels.max() >= len(classes):
        raise ValueError(f"the holdout has labels that the model does not know; it knows {', '.join(classes)}")
    answers, known = predicted(probabilities), list(range(len(classes)))
    right = answers == labels
    correct = int(np.count_nonzero(right))
    low, high = wilson_interval(correct, len(labels))
    diagram = reliability(right, probabilities.max(axis=1))
    details = {
        "macro_f1": float(f1_score(labels, answers, labels=known, average="macro", zero_division=0.0)),
        "log_loss": float(log_loss(labels, probabilities, labels=known)),
        "roc_auc": _roc_auc(labels, probabilities),
        "calibration_error": expected_calibration_error(diagram),
        "confusion_matrix": confusion_matrix(labels, answers, labels=known).tolist(),
        "calibration": diagram,
        "classes": list(classes),
    }
    losses = (~right).astype(np.float64)
    return Scores(ACCURACY, correct / len(labels), low, high, len(labels), right, details, losses)


def aligned(probabilities: NDArray[np.float64], known: Sequence[str], wanted: Sequence[str]) -> NDArray[np.float64]:
    """Columns in the order of ``wanted``; a class unknown to the model has probability 0.

    Raises ``ValueError`` when the model has a class that is not wanted.
    """
    if tuple(known) == tuple(wanted):
        return probabilities
    if strange := [label for label in known if label not in wanted]:
        raise ValueError(f"the model knows {', '.join(strange)}, which the workload no longer has")
    answer = np.zeros((len(probabilities), len(wanted)))
    answer[:, [list(wanted).index(label) for label in known]] = probabilities
    return answer


def _roc_auc(labels: NDArray[Any], probabilities: NDArray[np.float64]) -> float | None:
    """Undefined, None, when the holdout lacks a class."""
    classes = probabilities.shape[1]
    if len(np.unique(labels)) < classes:
        return None
    if classes == 2:
        return float(roc_auc_score(labels, probabilities[:, 1]))
    return float(np.mean([roc_auc_score(labels == index, probabilities[:, index]) for index in range(classes)]))


def compare(champion: Scores, challenger: Scores, alpha: float, least_gain: float, unit: str) -> Comparison:
    """McNemar's exact test, one-sided, on which rows each was right; it takes any number of classes. The challenger is
    better when the test is significant at ``alpha`` and its accuracy higher by ``least_gain`` at least. ``unit``: what
    a row is, in the plural.

    Raises ``ValueError`` when the two were evaluated on different holdouts.
    """
    test = mcnemar_exact(champion.outcomes, challenger.outcomes)
    evidence = paired((~champion.outcomes).astype(np.float64), (~challenger.outcomes).astype(np.float64))
    better = test.p_value < alpha and evidence.mean_gain >= least_gain
    summary = say(
        "comparison.mcnemar",
        challenger=test.only_second_right,
        champion=test.only_first_right,
        unit=unit,
        p=test.p_value,
    )
    return Comparison(better, test.p_value, summary, {"test": "McNemar exact", **asdict(test)}, evidence)
