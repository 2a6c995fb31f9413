"""Logistic regression: fitted by scikit-learn, exported as three numbers.

The registered model is the scikit-learn pipeline (stored by skops). The sidecar and the pages use its export: the
scaler folded into the coefficients. It needs NumPy only, and gives the same predictions (tested).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.workloads.linear.data import CLASSES

_FILE = "linear.json"


@dataclass(frozen=True, slots=True)
class LinearPredictor:
    """``P(class 1) = 1 / (1 + exp(-(w1 x1 + w2 x2 + bias)))``."""

    affine: ClassVar[bool] = True
    w1: float
    w2: float
    bias: float

    @property
    def classes(self) -> tuple[str, ...]:
        return CLASSES

    def probabilities(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of class 0 and class 1, shape (n, 2), for features of shape (n, 2)."""
        if len(features) == 1:
            return np.array([self.row_probabilities(features[0].tolist())])
        z = features[:, 0] * self.w1 + features[:, 1] * self.w2 + self.bias
        answer = np.empty((len(z), 2))
        # Past ±700 exp() overflows; the sigmoid is 0 or 1 to the last digit long before.
        answer[:, 1] = 1.0 / (1.0 + np.exp(-np.clip(z, -700, 700)))
        answer[:, 0] = 1.0 - answer[:, 1]
        return answer

    def row_probabilities(self, row: Sequence[float]) -> list[float]:
        """The same for one row (x1, x2): nine NumPy calls would take ten times as long."""
        x1, x2 = row
        z = x1 * self.w1 + x2 * self.w2 + self.bias
        if -700.0 < z < 700.0:
            one = 1.0 / (1.0 + math.exp(-z))
        elif math.isnan(z):
            one = math.nan
        else:
            one = 1.0 / (1.0 + math.exp(700.0 if z < 0.0 else -700.0))
        return [1.0 - one, one]

    def smoke(self) -> None:
        answer = self.probabilities(np.array([[0.0, 0.0], [1.0, -1.0]]))
        if not np.isfinite(answer).all() or self.w1 == self.w2 == 0.0:
            raise ValueError("the model's weights are not usable numbers")

    def save(self, folder: Path) -> None:
        (folder / _FILE).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> LinearPredictor:
        """Raises ``ValueError`` when the file is not what :meth:`save` wrote."""
        raw = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        try:
            return cls(*(float(raw[name]) for name in ("w1", "w2", "bias")))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{_FILE} is damaged: {error}") from error

    @classmethod
    def from_pipeline(cls, pipeline: Any) -> LinearPredictor:
        """Fold a fitted StandardScaler + LogisticRegression pipeline into one affine map."""
        scaler, regression = pipeline[0], pipeline[-1]
        weights = regression.coef_[0] / scaler.scale_
        bias = float(regression.intercept_[0] - np.dot(weights, scaler.mean_))
        return cls(float(weights[0]), float(weights[1]), bias)


def fit(features: NDArray[np.float64], labels: NDArray[np.int8], C: float) -> Any:
    """A fitted pipeline. ``features`` has shape (n, 2), ``labels`` shape (n,) with both classes present."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=C)).fit(features, labels)
