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
from core.workloads.evidence import bounded
from core.workloads.predictors import predicted
from core.workloads.rows.calibration import expected_calibration_error, reliability
from core.workloads.statistics import mcnemar_exact, wilson_interval

ACCURACY = "accuracy"


def score(labels: NDArray[Any], probabilities: NDArray[np.float64], classes: Sequence[str]) -> Scores:
    """Accuracy with Wilson's interval, macro F1, log loss, ROC-AUC (one against the rest, mean over the classes), the
    confusion matrix and the reliability diagram.

    ``labels`` are indices into ``classes``, shape (n,); ``probabilities`` have shape (n, k). One outcome per row:
    whether it was correct; its loss is :func:`brier`. Raises ``ValueError`` when n is 0 or a label is no index.
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
    losses = brier(labels, probabilities)
    return Scores(ACCURACY, correct / len(labels), low, high, len(labels), right, details, losses)


def brier(labels: NDArray[Any], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Brier score of each row (G. W. Brier, 1950), halved, so that it is between 0 and 1; shape (n,).

    It sees how sure a model was, so two models are told apart with a quarter of the rows that right and wrong need.
    """
    asked = np.asarray(labels, np.int64)
    truth = probabilities[np.arange(len(asked)), asked]
    return np.asarray(((probabilities**2).sum(axis=1) - 2 * truth + 1) / 2, np.float64).clip(0.0, 1.0)


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
    gains = challenger.outcomes.astype(np.float64) - champion.outcomes.astype(np.float64)
    evidence = bounded(_losses(champion), _losses(challenger), gains)
    better = test.p_value < alpha and evidence.mean_gain >= least_gain
    summary = say(
        "comparison.mcnemar",
        challenger=test.only_second_right,
        champion=test.only_first_right,
        unit=unit,
        p=test.p_value,
    )
    return Comparison(better, test.p_value, summary, {"test": "McNemar exact", **asdict(test)}, evidence)


def _losses(scores: Scores) -> NDArray[np.float64]:
    """Each row's loss; of scores without them, whether it was wrong."""
    return (~scores.outcomes).astype(np.float64) if scores.losses is None else scores.losses
