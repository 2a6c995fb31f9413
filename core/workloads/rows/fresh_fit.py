"""How well a simple model, fitted to a dataset, predicts that dataset: cross-validated, so that it cannot memorise."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.workloads.rows.contract_rows import Floats, Rows

FOLDS = 3
GOOD_ENOUGH, VERY_GOOD = 0.10, 0.02
_STEPS, _LEAVES = 40, 15


@dataclass(frozen=True, slots=True, eq=False)
class FreshFit:
    """``answers`` are the predictions of rows that were left out, shape (n,); ``losses`` how wrong they are: 0 or 1 for
    classes, the absolute error otherwise. ``estimator`` is the model, not fitted."""

    estimator: Any
    answers: Floats
    losses: Floats

    @property
    def loss(self) -> float:
        return float(self.losses.mean())


def fresh_fit(rows: Rows, *, regression: bool, enough: float = GOOD_ENOUGH) -> FreshFit:
    """The better one of a straight model (least squares, logistic) and boosted trees on ``rows``, which are finite and
    hold every class :data:`FOLDS` times.

    Trees are spared where the straight one is wrong on no more than ``enough`` of the rows. One thread: on a busy
    machine OpenMP's threads wait for each other so long that a fit of 0.3 s took 30.
    """
    plain = _validated(straight(regression), rows, regression)
    if not regression and plain.loss <= enough:
        return plain
    return min(plain, _validated(boosted(regression), rows, regression), key=lambda one: one.loss)


def fitted(rows: Rows, fresh: FreshFit) -> Any:
    """The model of ``fresh``, fitted to all of ``rows``."""
    from sklearn.base import clone
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return clone(fresh.estimator).fit(rows.features, _targets(rows, fresh.estimator))


def _validated(estimator: Any, rows: Rows, regression: bool) -> FreshFit:
    answers = out_of_fold(estimator, rows.features, _targets(rows, estimator), "predict")
    wrong: NDArray[Any] = np.abs(answers - rows.answers)
    return FreshFit(estimator, answers, wrong if regression else (wrong > 0).astype(np.float64))


def out_of_fold(estimator: Any, features: Floats, answers: NDArray[Any], method: str) -> Floats:
    """What ``method`` (``predict`` or ``predict_proba``) says of each row by a fit to the other folds."""
    from sklearn.base import is_regressor
    from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
    from threadpoolctl import threadpool_limits

    folds = (KFold if is_regressor(estimator) else StratifiedKFold)(FOLDS, shuffle=True, random_state=0)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit that does not converge is a poor one, and counts as such
        return np.asarray(cross_val_predict(estimator, features, answers, cv=folds, method=method), np.float64)


def _targets(rows: Rows, estimator: Any) -> NDArray[Any]:
    from sklearn.base import is_regressor

    return rows.answers if is_regressor(estimator) else rows.answers.astype(np.int64)


def straight(regression: bool) -> Any:
    """Least squares, or a logistic regression; not fitted."""
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LinearRegression() if regression else LogisticRegression(max_iter=200))


def boosted(regression: bool) -> Any:
    """Boosted trees; not fitted."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    return kind(max_iter=_STEPS, max_leaf_nodes=_LEAVES, early_stopping=False, random_state=0)
