"""Exported models: what a server loads and asks. Light, read-only, safe to share between threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Detector


class Predictor(Protocol):
    """What every exported model can do."""

    def smoke(self) -> None:
        """One cheap prediction on a known input. Raises ``ValueError`` when the answer is not sane."""
        ...


@runtime_checkable
class Classifier(Predictor, Protocol):
    """Classifies rows of numbers."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels it was trained with, in the order of the columns of :meth:`probabilities`."""
        ...

    def probabilities(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability per class, shape (n, k), rows sum to 1, for features of shape (n, number of features)."""
        ...


@runtime_checkable
class RowClassifier(Classifier, Protocol):
    """A classifier that is quick with one row: made of Python's numbers, as arrays cost more than they save there."""

    def row_probabilities(self, row: Sequence[float]) -> list[float]:
        """What :meth:`probabilities` has for this row: a probability per class. NaN where it cannot compute."""
        ...


@runtime_checkable
class Regressor(Predictor, Protocol):
    """Predicts a number for each row."""

    def values(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predicted values, shape (n,), for features of shape (n, number of features)."""
        ...


class ImageModel(Detector, Predictor, Protocol):
    """Answers an image with boxes, whose labels are indices into ``classes``.

    A classifier of whole images answers one box per class that is at least as probable as asked for, each covering
    the whole image, the most probable first.
    """


def predicted(probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index of the most probable class per row, shape (n,), for shape (n, k); of equals the first."""
    return np.asarray(probabilities.argmax(axis=1), dtype=np.int64)
