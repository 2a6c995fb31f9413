"""The contract between a workload and the loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel
from pydantic_settings import BaseSettings

from core.catalog.tables import Dataset
from core.config.message_formats import p_text as p_text
from core.config.messages import Message
from core.config.progress import Report
from core.storage.lake import StoredFile
from core.workloads.capabilities import ClassSynonyms as ClassSynonyms
from core.workloads.capabilities import EvaluatesWhole as EvaluatesWhole
from core.workloads.capabilities import HoldoutKeys as HoldoutKeys
from core.workloads.capabilities import ImageSynthesis as ImageSynthesis
from core.workloads.capabilities import LabelProposals as LabelProposals
from core.workloads.capabilities import LearnsLabels as LearnsLabels
from core.workloads.capabilities import ObservableTraining as ObservableTraining
from core.workloads.capabilities import Playable as Playable
from core.workloads.capabilities import Proposer as Proposer
from core.workloads.capabilities import ProposerMissingError as ProposerMissingError
from core.workloads.capabilities import QuickTraining as QuickTraining
from core.workloads.capabilities import RefitGain as RefitGain
from core.workloads.capabilities import RightPerSample as RightPerSample
from core.workloads.capabilities import SqlExamples as SqlExamples
from core.workloads.capabilities import TrainingProgress as TrainingProgress
from core.workloads.capabilities import TrainsOnWindow as TrainsOnWindow
from core.workloads.capabilities import UserLabels as UserLabels
from core.workloads.capabilities import UsesGpu as UsesGpu
from core.workloads.contract import Finding as Finding
from core.workloads.evidence import Evidence as Evidence
from core.workloads.features import Feature as Feature
from core.workloads.features import names_of
from core.workloads.origins import Origin as Origin
from core.workloads.predictors import Classifier as Classifier
from core.workloads.predictors import ImageModel as ImageModel
from core.workloads.predictors import Predictor as Predictor
from core.workloads.predictors import Regressor as Regressor
from core.workloads.predictors import RowClassifier as RowClassifier
from core.workloads.predictors import predicted as predicted
from core.workloads.views import Champion as Champion
from core.workloads.views import DatasetViews as DatasetViews
from core.workloads.views import Metric as Metric
from core.workloads.views import Note as Note
from core.workloads.views import PredictionViews as PredictionViews
from core.workloads.views import Previews as Previews
from core.workloads.views import View as View

DataKind = Literal["rows", "images", "clips"]
"""The kind of data in a dataset: it determines which pages, flows and routes support the workload."""

Task = Literal["classification", "regression", "detection"]

Annotation = Literal["none", "boxes", "class"]
"""The annotation of an image: boxes with a class each, or one class for the whole image."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The evaluation of a model on a holdout.

    ``outcomes`` holds one value per holdout sample, in file order: what a paired comparison needs.
    ``details`` are further figures and tables for people (plain JSON types). ``losses`` holds what each sample cost,
    lower is better, shape (n,); None where samples have no loss of their own.
    """

    metric: str
    value: float
    ci_low: float
    ci_high: float
    samples: int
    outcomes: NDArray[Any]
    details: dict[str, Any] = field(default_factory=dict)
    losses: NDArray[np.float64] | None = None
    origins: tuple[Origin, ...] | None = None
    """Where each sample comes from, where samples share luck or stay in later holdouts; None for rows."""
    whole: Scores | None = None
    """What this is a part of; None when it is no part."""

    def only(self, chosen: NDArray[np.bool_]) -> Scores:
        """The same evaluation, its samples reduced to the ``chosen`` ones, shape (n,); the metric stays that of all."""
        return replace(
            self,
            samples=int(chosen.sum()),
            outcomes=self.outcomes[chosen],
            losses=None if self.losses is None else self.losses[chosen],
            origins=None if self.origins is None else tuple(compress(self.origins, chosen)),
            whole=self,
        )


@dataclass(frozen=True, slots=True)
class Drift:
    """Whether new data differs from a model's training data, and where."""

    found: bool
    summary: Message
    tests: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Champion against challenger on the same samples. ``p_value`` belongs to the one-sided paired test; ``evidence``
    is what adds up over datasets, None where it cannot be. ``unharmed`` is False when the challenger is worse on other
    people."""

    better: bool
    p_value: float
    summary: Message
    details: dict[str, Any] = field(default_factory=dict)
    evidence: Evidence | None = None
    unharmed: bool = True


@dataclass(frozen=True, slots=True)
class Trained:
    """The result of training: the library's model, its exported form, and what to log about it."""

    model: Any
    predictor: Predictor
    parameters: Mapping[str, Any]
    identity: Mapping[str, Any] | None = None
    """What, with the data, determines it, where that is not the workload's ``training_parameters``."""


class Workload(Protocol):
    """One learning problem."""

    name: str
    title: str
    metric: str
    """The metric used by the gate; greater is better."""
    unit: str
    """The samples of a dataset, in the plural: rows, images."""
    description: str
    """One sentence for pages."""
    data_kind: DataKind
    task: Task
    features: tuple[Feature, ...]
    """The columns of one row; empty unless ``data_kind`` is ``rows``."""
    cumulative: bool
    """Whether each dataset holds all that came before, as those of labelled images do. Then only the holdout is new to
    every model, a challenger is compared on it at once, and drift in what is new is a reason to train."""
    annotation: Annotation
    """The annotation of an image; ``none`` for rows."""
    parameters: type[BaseModel]
    """The parameters for generating data: they define every form and validate every call."""
    settings: type[BaseSettings] | None
    """The workload's own options, read from ``SHIFUMI_<NAME>_…``; None when it has none."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels in the order of a model's outputs; empty for regression. User-defined labels come from the
        catalog, and a model keeps those of its training.
        """
        ...

    @property
    def threshold(self) -> float:
        """The metric below which the gate requires retraining."""
        ...

    @property
    def training_parameters(self) -> Mapping[str, Any]:
        """The parameters that, with the dataset, determine the result of training: the challenger's identity."""
        ...

    def generate(self, parameters: BaseModel, report: Report) -> StoredFile:
        """Generate and store a dataset. Raises :class:`core.storage.lake.LakeError` when it cannot be stored."""
        ...

    def train(self, dataset: Dataset, report: Report) -> Trained:
        """Fit a model on the dataset's training split."""
        ...

    @property
    def has_starter(self) -> bool:
        """Whether :meth:`starter` returns a model; cheap, for pages."""
        ...

    def starter(self) -> Trained | None:
        """A model that ships with the workload and becomes its first champion; None when there is none.

        ``parameters`` identify it: the same values are registered only once.
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

    def contract(self, dataset: Dataset, references: Sequence[Dataset], predictor: Any | None) -> Sequence[Finding]:
        """Check a new dataset before anything is learnt from it or judged by it; without findings it is fine.

        ``references`` are the last good datasets, the newest one first; ``predictor`` is the champion, if there is one.
        Raises :class:`core.storage.lake.LakeError` when a dataset cannot be read.
        """
        ...

    def export(self, predictor: Any, folder: Path) -> None:
        """Write the exported model into ``folder``."""
        ...

    def load(self, folder: Path) -> Predictor:
        """Read the exported model back. Raises ``ValueError`` or ``OSError`` when it is damaged."""
        ...

    def log_model(self, trained: Trained, dataset: Dataset | None) -> str:
        """Log the library's own model into the active MLflow run and return its URI.

        ``dataset`` is None for a starter."""
        ...

    def draw(self, predictor: Any, dataset: Dataset, scores: Scores) -> Sequence[tuple[str, Any]]:
        """Matplotlib figures about the model, each with the file name it is logged under."""
        ...


def feature_names(workload: Workload) -> tuple[str, ...]:
    """The columns of one row, in order."""
    return names_of(workload.features)


def finite(array: NDArray[Any]) -> bool:
    """True when no entry is NaN or infinite."""
    return bool(np.isfinite(array).all())
