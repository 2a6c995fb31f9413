"""Figures of a binary classifier on a holdout."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, log_loss, roc_auc_score

from core.workloads.base import Scores
from core.workloads.statistics import wilson_interval


def score(metric: str, labels: NDArray[np.int8], probabilities: NDArray[np.float64]) -> Scores:
    """Accuracy with Wilson's interval, log-loss, ROC-AUC and the confusion matrix.

    Both arrays have shape (n,); raises ``ValueError`` when n is 0.
    """
    if len(labels) == 0:
        raise ValueError("the holdout is empty: generate a dataset with more rows")
    right = (probabilities > 0.5) == labels.astype(bool)
    correct = int(np.count_nonzero(right))
    low, high = wilson_interval(correct, len(labels))
    both = 0 < np.count_nonzero(labels) < len(labels)
    details = {
        "log_loss": float(log_loss(labels, probabilities, labels=[0, 1])),
        # Undefined with one class only.
        "roc_auc": float(roc_auc_score(labels, probabilities)) if both else None,
        "confusion_matrix": confusion_matrix(labels, probabilities > 0.5, labels=[0, 1]).tolist(),
    }
    return Scores(metric, correct / len(labels), low, high, len(labels), right, details)
