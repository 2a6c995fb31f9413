"""By how much a model fitted to new rows would be better than the champion on them.

Both answer the same rows, so what makes a row hard for every model cancels out: a boundary that turned by 5° shows in
1,000 rows, where the error rate alone needs ten times as many.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.workloads.rows.classification import brier
from core.workloads.rows.contract_rows import Floats
from core.workloads.rows.fresh_fit import FOLDS, GOOD_ENOUGH, boosted, out_of_fold, straight

MOST_ROWS = 30_000
"""More rows change nothing at the gains that matter, but cost seconds."""


def sampled(features: Floats, answers: NDArray[Any]) -> tuple[Floats, NDArray[Any]]:
    """At most :data:`MOST_ROWS` rows, evenly spread over the file."""
    if len(answers) <= MOST_ROWS:
        return features, answers
    chosen = np.linspace(0, len(answers) - 1, MOST_ROWS).astype(np.int64)
    return features[chosen], answers[chosen]


def gain_of_classifier(
    features: Floats, labels: NDArray[Any], losses: Floats, *, affine: bool = False
) -> Floats | None:
    """Brier scores ``losses`` of a model, shape (n,), minus a fresh fit's; None when a class has too few rows.

    ``affine``: the model is, so trees are no alternative that a training could bring.
    """
    counts = np.bincount(labels.astype(np.int64))
    known = np.flatnonzero(counts)
    if len(known) < 2 or counts[known].min() < FOLDS:
        return None
    classes = np.searchsorted(known, labels)
    fresh = brier(classes, out_of_fold(straight(False), features, classes, "predict_proba"))
    if not affine and float(losses.mean()) > GOOD_ENOUGH / 2:
        trees = brier(classes, out_of_fold(boosted(False), features, classes, "predict_proba"))
        fresh = min(fresh, trees, key=lambda one: float(one.mean()))
    return losses - fresh


def gain_of_regressor(features: Floats, targets: Floats, losses: Floats, *, affine: bool = False) -> Floats | None:
    """Absolute errors ``losses`` of a model, shape (n,), minus a fresh fit's, in units of the model's mean error;
    None when there are too few rows. ``affine`` as above."""
    scale = float(losses.mean()) if len(losses) else 0.0
    if len(targets) < 2 * FOLDS or scale == 0:
        return None
    kinds = (straight(True),) if affine else (straight(True), boosted(True))
    answers = [out_of_fold(one, features, targets, "predict") for one in kinds]
    fresh = min((np.abs(one - targets) for one in answers), key=lambda one: float(one.mean()))
    return np.asarray((losses - fresh) / scale, np.float64)
