"""The contract between a workload and the loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from core.auth.roles import Actor
from core.catalog.tables import Dataset
from core.config.message_formats import p_text as p_text
from core.config.messages import Message
from core.config.progress import Report
from core.storage.lake import StoredFile


@dataclass(frozen=True, slots=True)
class Scores:
    """A model measured on a holdout.

    ``outcomes`` holds one value per holdout sample, in file order: what a paired comparison needs.
    ``details`` are further figures and tables for people (plain JSON types).
    """

    metric: str
    value: float
    ci_low: float
    ci_high: float
    samples: int
    outcomes: NDArray[Any]
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drift:
    """Whether new data looks different from what a model was trained on, and where."""

    found: bool
    summary: Message
    tests: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Champion against challenger on the same holdout. ``p_value`` belongs to the paired test."""

    better: bool
    p_value: float
    summary: Message
    details: dict[str, Any] = field(default_factory=dict)


class Predictor(Protocol):
    """The served form of a model: light, read-only, safe to share between threads."""

    def smoke(self) -> None:
        """One cheap prediction on a known input. Raises ``ValueError`` when the answer is not sane."""
        ...


class Classifier(Predictor, Protocol):
    """A predictor of two classes for rows of numbers: what answers CSV files and points."""

    def probabilities(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of class 1, shape (n,), for features of shape (n, number of features)."""
        ...


@dataclass(frozen=True, slots=True)
class Trained:
    """What training gives: the library's own model, its served form and what to log about it."""

    model: Any
    predictor: Predictor
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """A training that takes minutes, as it stands. ``losses`` and ``figures`` are curves: name → one value per
    finished epoch, the first one's number being ``first_epoch``."""

    words: Message
    losses: dict[str, list[float]]
    figures: dict[str, list[float]]
    first_epoch: int = 1
    stopping: bool = False


@runtime_checkable
class ObservableTraining(Protocol):
    """What a workload whose training takes minutes offers besides: to be looked at, and to be ended early."""

    def learning(self, since: datetime) -> TrainingProgress | None:
        """The training that began after ``since``; None while there is nothing to show. Cheap: asked every second."""
        ...

    def stop_early(self, actor: Actor) -> bool:
        """End the running training soon, keeping the best model so far; False when none runs.

        Raises ``ForbiddenError``.
        """
        ...


@runtime_checkable
class UsesGpu(Protocol):
    """What a workload whose training profits from a GPU says: it may then wait in a queue of its own for a worker
    that has one."""

    @property
    def wants_gpu(self) -> bool: ...


class Workload(Protocol):
    """One thing that is learnt."""

    name: str
    title: str
    metric: str
    """The figure the gate looks at; greater is better."""
    unit: str
    """What a dataset consists of, in the plural: rows, pictures."""
    features: tuple[str, ...]
    """Columns of one sample when it is a row of numbers, and then the predictor is a :class:`Classifier`;
    empty for other kinds of data, such as images."""
    parameters: type[BaseModel]
    """Validates what a person may choose when generating data."""

    @property
    def threshold(self) -> float:
        """The metric under which the gate asks for retraining."""
        ...

    @property
    def training_parameters(self) -> Mapping[str, Any]:
        """What, with the dataset, decides the outcome of training: the challenger's identity."""
        ...

    def generate(self, parameters: BaseModel, report: Report) -> StoredFile:
        """Make and store a dataset. Raises :class:`core.storage.lake.LakeError` when it cannot be stored."""
        ...

    def train(self, dataset: Dataset, report: Report) -> Trained:
        """Fit a model on the dataset's training split."""
        ...

    @property
    def has_starter(self) -> bool:
        """Whether :meth:`starter` has a model to give: cheap, for pages."""
        ...

    def starter(self) -> Trained | None:
        """A model that ships with the workload and becomes its first champion; None when nothing ships.

        ``parameters`` say which one it is: the same values are entered into the registry once.
        """
        ...

    def evaluate(self, predictor: Any, dataset: Dataset) -> Scores:
        """Measure ``predictor`` on the dataset's holdout split."""
        ...

    def compare(self, champion: Scores, challenger: Scores) -> Comparison:
        """A paired test on the outcomes of the same holdout."""
        ...

    def drift(self, reference: Dataset, current: Dataset, predictor: Any) -> Drift:
        """Compare the training data of ``predictor``'s model with newer data."""
        ...

    def export(self, predictor: Any, folder: Path) -> None:
        """Write the served form into ``folder``."""
        ...

    def load(self, folder: Path) -> Predictor:
        """Read the served form back. Raises ``ValueError`` or ``OSError`` when it is damaged."""
        ...

    def log_model(self, trained: Trained, dataset: Dataset | None) -> str:
        """Log the library's own model into the active MLflow run and return its URI.

        ``dataset`` is None for a starter."""
        ...

    def draw(self, predictor: Any, dataset: Dataset, scores: Scores) -> Sequence[tuple[str, Any]]:
        """Matplotlib figures about the model, each with the file name it is logged under."""
        ...


def finite(array: NDArray[Any]) -> bool:
    """True when no entry is NaN or infinite."""
    return bool(np.isfinite(array).all())
