"""Classifies the throw from 21 hand landmarks: softmax regression on their pairwise distances.

Relative distances are independent of position, rotation, scale and handedness. The coefficients are fitted by ``python
-m tools.fit_throw_classifier`` (docs/hands.md); they are numbers, not an executable model file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.workloads.rps.classes import CLASSES

Numbers = NDArray[np.float64]

COEFFICIENTS = Path(__file__).with_name("throw_classifier.json")
OTHER = "other"
NAMES = (*CLASSES, OTHER)
"""The classes: the throws, and hands without a throw."""

_FIRST, _SECOND = np.triu_indices(21, 1)
_KNUCKLES = (5, 9, 13, 17)


@dataclass(frozen=True, slots=True)
class ThrowClassifier:
    """``mean`` and ``scale`` (210,) standardise the features; ``weights`` (4, 210) and ``bias`` (4,) are the
    coefficients.
    """

    mean: Numbers
    scale: Numbers
    weights: Numbers
    bias: Numbers

    def probabilities(self, landmarks: Numbers) -> Numbers:
        """Probability of each of :data:`NAMES`, shape (4,), for landmarks of shape (21, 3)."""
        scores = self.weights @ ((features(landmarks) - self.mean) / self.scale) + self.bias
        raised = np.exp(scores - scores.max())
        return np.asarray(raised / raised.sum())

    def name(self, landmarks: Numbers) -> tuple[str, float]:
        """The most probable throw and its probability, which is low for hands without a throw."""
        throws = self.probabilities(landmarks)[: len(CLASSES)]
        best = int(throws.argmax())
        return CLASSES[best], float(throws[best])


def features(landmarks: Numbers) -> Numbers:
    """The 210 distances between 21 points in space, over the mean distance from wrist to knuckles.

    ``landmarks``: shape (21, 3), in any unit, in MediaPipe's order. Raises ``ValueError`` for another shape, for
    non-finite numbers and for identical points.
    """
    points = np.asarray(landmarks, np.float64)
    if points.shape != (21, 3) or not np.isfinite(points).all():
        raise ValueError("A hand has 21 landmarks of three finite numbers each.")
    size = float(np.linalg.norm(points[list(_KNUCKLES)] - points[0], axis=1).mean())
    if size < 1e-9:
        raise ValueError("All landmarks are at one point: this is not a hand.")
    return np.asarray(np.linalg.norm(points[_FIRST] - points[_SECOND], axis=1) / size)


@cache
def shipped_classifier() -> ThrowClassifier:
    """The classifier with the coefficients that ship with the project."""
    return read(COEFFICIENTS)


def read(path: Path) -> ThrowClassifier:
    """Read coefficients from a file. Raises ``ValueError`` when it is invalid."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    mean, scale, weights, bias = (np.array(stored[key], np.float64) for key in ("mean", "scale", "weights", "bias"))
    fits = mean.shape == scale.shape == (210,) and weights.shape == (len(NAMES), 210) and bias.shape == (len(NAMES),)
    if tuple(stored["names"]) != NAMES or not fits or not (scale > 0).all():
        raise ValueError(f"{path.name} contains no coefficients for {', '.join(NAMES)}.")
    return ThrowClassifier(mean, scale, weights, bias)


def write(path: Path, fitted: ThrowClassifier, made: dict[str, object]) -> None:
    """Write coefficients to a file, rounded to five digits; ``made`` describes their origin."""
    numbers = {key: np.round(getattr(fitted, key), 5).tolist() for key in ("mean", "scale", "weights", "bias")}
    path.write_text(json.dumps({"names": NAMES, "made": made, **numbers}) + "\n", encoding="utf-8")
