"""Exported models that need NumPy only: softmax of affine maps, and one affine map.

Both are a scikit-learn pipeline of scaler and model folded together, with the same predictions (tested).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

_FILE = "model.json"


@dataclass(frozen=True, slots=True, eq=False)
class SoftmaxModel:
    """``P(class) = softmax(features · weights + bias)``. ``weights`` has shape (f, k), ``bias`` shape (k,)."""

    affine: ClassVar[bool] = True
    classes: tuple[str, ...]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    def probabilities(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shape (n, k) for features of shape (n, f); rows sum to 1."""
        z = features @ self.weights + self.bias
        powers = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)

    def smoke(self) -> None:
        _require_usable(self.weights, self.bias)
        if not np.isfinite(self.probabilities(np.zeros((1, len(self.weights))))).all():
            raise ValueError("the model's prediction is not a number")

    def save(self, folder: Path) -> None:
        _write(folder, {"classes": self.classes, "weights": self.weights.tolist(), "bias": self.bias.tolist()})

    @classmethod
    def load(cls, folder: Path) -> SoftmaxModel:
        """Raises ``ValueError`` or ``OSError`` when the file was not written by :meth:`save`."""
        raw = _read(folder)
        try:
            classes = tuple(str(label) for label in raw["classes"])
            weights, bias = np.array(raw["weights"], np.float64), np.array(raw["bias"], np.float64)
        except (KeyError, TypeError) as error:
            raise ValueError(f"{_FILE} is damaged: {error}") from error
        if weights.ndim != 2 or bias.shape != (len(classes),) or weights.shape[1] != len(classes):
            raise ValueError(f"{_FILE} is damaged: {weights.shape} weights for {len(classes)} classes")
        return cls(classes, weights, bias)

    @classmethod
    def from_pipeline(cls, pipeline: Any, classes: tuple[str, ...]) -> SoftmaxModel:
        """Fold a fitted StandardScaler + LogisticRegression. Its labels are indices into ``classes``, all present."""
        scaler, regression = pipeline[0], pipeline[-1]
        if len(regression.classes_) != len(classes):
            raise ValueError(f"the training split shows {len(regression.classes_)} of {len(classes)} classes")
        coefficients, intercepts = regression.coef_, regression.intercept_
        if len(classes) == 2:  # scikit-learn keeps the second class's logit only
            coefficients = np.vstack([np.zeros_like(coefficients), coefficients])
            intercepts = np.array([0.0, intercepts[0]])
        weights = (coefficients / scaler.scale_).T
        return cls(classes, weights, intercepts - scaler.mean_ @ weights)


@dataclass(frozen=True, slots=True, eq=False)
class AffineModel:
    """``value = features · weights + bias``. ``weights`` has shape (f,)."""

    affine: ClassVar[bool] = True
    weights: NDArray[np.float64]
    bias: float

    def values(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shape (n,) for features of shape (n, f)."""
        return np.asarray(features @ self.weights + self.bias, dtype=np.float64)

    def smoke(self) -> None:
        _require_usable(self.weights, np.array([self.bias]))

    def save(self, folder: Path) -> None:
        _write(folder, {"weights": self.weights.tolist(), "bias": self.bias})

    @classmethod
    def load(cls, folder: Path) -> AffineModel:
        """Raises ``ValueError`` or ``OSError`` when the file was not written by :meth:`save`."""
        raw = _read(folder)
        try:
            return cls(np.array(raw["weights"], np.float64).reshape(-1), float(raw["bias"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{_FILE} is damaged: {error}") from error

    @classmethod
    def from_pipeline(cls, pipeline: Any) -> AffineModel:
        """Fold a fitted StandardScaler + a regressor with ``coef_`` and ``intercept_``."""
        scaler, regression = pipeline[0], pipeline[-1]
        weights = np.ravel(regression.coef_) / scaler.scale_
        return cls(weights, float(np.ravel(regression.intercept_)[0] - scaler.mean_ @ weights))


def is_affine(predictor: Any) -> bool:
    """Whether an exported model says that it is: of such a model a refit is a straight one, too."""
    return bool(getattr(predictor, "affine", False))


def _require_usable(weights: NDArray[np.float64], bias: NDArray[np.float64]) -> None:
    if not (np.isfinite(weights).all() and np.isfinite(bias).all() and weights.any()):
        raise ValueError("the model's weights are not usable numbers")


def _write(folder: Path, values: dict[str, Any]) -> None:
    (folder / _FILE).write_text(json.dumps(values), encoding="utf-8")


def _read(folder: Path) -> dict[str, Any]:
    raw = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    if not isinstance(raw, dict):
        raise ValueError(f"{_FILE} is damaged: not an object")
    return raw
