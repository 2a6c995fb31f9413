"""Protocols of exported models. Implementations are light, read-only and thread-safe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Detector


class Predictor(Protocol):
    """Common to all exported models."""

    def smoke(self) -> None:
        """A smoke test: one cheap prediction on a known input. Raises ``ValueError`` when the result is invalid."""
        ...


@runtime_checkable
class Classifier(Predictor, Protocol):
    """Classifies rows of numbers."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels of its training, in the order of the columns of :meth:`probabilities`."""
        ...

    def probabilities(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability per class, shape (n, k), rows sum to 1, for features of shape (n, number of features)."""
        ...


@runtime_checkable
class RowClassifier(Classifier, Protocol):
    """A classifier with a fast path for one row in plain Python, where arrays cost more than they save."""

    def row_probabilities(self, row: Sequence[float]) -> list[float]:
        """:meth:`probabilities` for this row: a probability per class. NaN where it cannot be computed."""
        ...


@runtime_checkable
class Regressor(Predictor, Protocol):
    """Predicts a number for each row."""

    def values(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predicted values, shape (n,), for features of shape (n, number of features)."""
        ...


class ImageModel(Detector, Predictor, Protocol):
    """Predicts boxes on an image, whose labels are indices into ``classes``.

    A classifier of whole images returns one box per class with at least the requested probability, each covering the
    whole image, the most probable first.
    """


def predicted(probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index of the most probable class per row, shape (n,), for shape (n, k); the first one of equals."""
    return np.asarray(probabilities.argmax(axis=1), dtype=np.int64)
