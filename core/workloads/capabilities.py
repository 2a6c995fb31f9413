"""Optional capabilities of a workload, besides the contract. Each is a protocol that a workload may implement."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from core.auth.roles import Actor
from core.config.messages import Message
from core.vision.boxes import NewBox
from core.vision.detections import Pixels

if TYPE_CHECKING:
    from core.catalog.tables import Dataset
    from core.config.progress import Report
    from core.workloads.base import Scores, Trained


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """The progress of a running training. ``losses`` and ``figures`` are curves: name → one value per finished epoch,
    starting at ``first_epoch``.
    """

    words: Message
    losses: dict[str, list[float]]
    figures: dict[str, list[float]]
    first_epoch: int = 1
    stopping: bool = False


@runtime_checkable
class ObservableTraining(Protocol):
    """A training that takes minutes: it can be observed, and stopped early."""

    def training_progress(self, since: datetime) -> TrainingProgress | None:
        """The progress of the training started after ``since``; None while there is nothing to show. Cheap: called
        every second.
        """
        ...

    def stop_early(self, actor: Actor) -> bool:
        """Stop the running training soon, keeping the best model so far; False when none runs.

        Raises ``ForbiddenError``.
        """
        ...


@runtime_checkable
class HoldoutKeys(Protocol):
    """Cumulative datasets, whose holdouts grow: a sample that was compared on is no new evidence in a later dataset."""

    def holdout_keys(self, dataset: Dataset) -> frozenset[str]:
        """The keys of the origins of the dataset's holdout. Raises :class:`core.storage.lake.LakeError`."""
        ...


@runtime_checkable
class UsesGpu(Protocol):
    """A training that benefits from a GPU: it may use a separate queue for workers with a GPU."""

    @property
    def wants_gpu(self) -> bool: ...


@runtime_checkable
class Playable(Protocol):
    """Classes that beat each other: the Live page offers a game."""

    @property
    def beats(self) -> Mapping[str, str]:
        """Class → the class that it beats."""
        ...

    @property
    def icons(self) -> Mapping[str, str]:
        """Class → the icon shown before its name; optional per class."""
        ...


@runtime_checkable
class UserLabels(Protocol):
    """A workload on images whose classes are data: users create, rename and remove them in the app."""

    @property
    def own_labels(self) -> bool: ...


@runtime_checkable
class ClassSynonyms(Protocol):
    """Other names of the classes, for imports."""

    @property
    def synonyms(self) -> Mapping[str, Collection[str]]:
        """Class → other names of it, in lower case."""
        ...


@runtime_checkable
class ImageSynthesis(Protocol):
    """A workload on images that can render some when a dataset is generated."""

    @property
    def labelled_only(self) -> Mapping[str, Any]:
        """The parameters for a dataset of the existing labelled images, without rendering."""
        ...


@runtime_checkable
class EvaluatesWhole(Protocol):
    """Offered by workloads whose datasets are independent: one that a model was not trained on is new to it as a
    whole, not only its holdout."""

    def evaluate_whole(self, predictor: Any, dataset: Dataset) -> Scores:
        """Measure ``predictor`` on every sample of the dataset."""
        ...


@runtime_checkable
class RightPerSample(Protocol):
    """Offered by workloads whose outcomes are more than right or wrong, but which can say when a sample is right."""

    def right(self, scores: Scores) -> NDArray[np.bool_]:
        """Whether the model is right about each sample of an evaluation, shape (n,)."""
        ...


@runtime_checkable
class RefitGain(Protocol):
    """Offered by workloads where it costs seconds to see how well a model fitted to new data would do."""

    def refit_gain(self, predictor: Any, dataset: Dataset) -> NDArray[np.float64] | None:
        """By how much the loss of ``predictor`` exceeds that of a model fitted to ``dataset`` itself, for each sample
        that this model was not fitted to (cross-validation), shape (n,). None when no such model can be fitted.
        """
        ...


@runtime_checkable
class QuickTraining(Protocol):
    """Offered by workloads that learn something useful from a dataset in seconds, before the training of minutes."""

    def quick_parameters(self, dataset: Dataset) -> Mapping[str, Any] | None:
        """What, with the dataset, determines its result; None when this dataset is not for it. Raises
        :class:`core.storage.lake.LakeError`."""
        ...

    def train_quick(self, dataset: Dataset, parameters: Mapping[str, Any], report: Report) -> Trained:
        """Fit a model in seconds; ``parameters`` as :meth:`quick_parameters` gave them."""
        ...


@runtime_checkable
class LearnsLabels(Protocol):
    """Offered by workloads whose labels are made by people: enough new ones are a reason to train."""

    def new_labels(self, reference: Dataset | None, current: Dataset) -> int:
        """How many samples of ``current`` that people labelled can teach a model trained on ``reference``; None stands
        for a model that saw none of them. Raises :class:`core.storage.lake.LakeError`."""
        ...


@runtime_checkable
class TrainsOnWindow(Protocol):
    """Offered by workloads that can be trained on several datasets together."""

    def train_window(self, window: Sequence[Dataset], report: Report) -> Trained:
        """Fit a model on the training splits of ``window``, oldest first, at least one."""
        ...


class ProposerMissingError(RuntimeError):
    """A proposer cannot be installed; the message says why and what to do."""


class Proposer(Protocol):
    """Proposes boxes for unlabelled images."""

    @property
    def name(self) -> str:
        """The display name."""
        ...

    def available(self) -> str | None:
        """None when it can be used, else the reason, for display."""
        ...

    def install(self) -> str:
        """Install what is missing; returns what is available now, for display. Raises :class:`ProposerMissingError`."""
        ...

    def propose(self, pixels: Pixels) -> list[NewBox]:
        """Boxes for one image; an empty list when nothing is detected."""
        ...


@runtime_checkable
class LabelProposals(Protocol):
    """A workload with a helper that proposes labels."""

    def proposer(self) -> Proposer | None:
        """The helper; None when this installation has none."""
        ...


@runtime_checkable
class SqlExamples(Protocol):
    """A workload with example SQL queries for its datasets."""

    @property
    def sql_examples(self) -> Mapping[str, str]:
        """Title → query."""
        ...
