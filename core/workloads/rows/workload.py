"""Base classes of workloads on rows. Inherit from one of the two, and write ``generate`` and ``train``.

The data has a column per feature, ``holdout`` and ``label`` (index of the class) or ``target`` (the value). Light:
heavy packages are imported by the methods that need them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic_settings import BaseSettings

from core.catalog.tables import Dataset
from core.config.settings import get_settings
from core.workloads.base import (
    Annotation,
    Classifier,
    Comparison,
    DataKind,
    Drift,
    Feature,
    Finding,
    Regressor,
    Scores,
    Task,
    Trained,
)
from core.workloads.features import names_of
from core.workloads.rows.columns import LABEL, TARGET, read_split
from core.workloads.rows.models import AffineModel, SoftmaxModel, is_affine

_DRAWN = 2_000


class _Rows:
    """The task-independent part."""

    unit = "rows"
    cumulative = False
    data_kind: DataKind = "rows"
    annotation: Annotation = "none"
    task: Task
    features: tuple[Feature, ...]
    classes: tuple[str, ...] = ()
    settings: type[BaseSettings] | None = None
    answer: ClassVar[str]
    """The column that is learnt."""

    @property
    def has_starter(self) -> bool:
        return False

    def starter(self) -> Trained | None:
        return None

    def split(self, dataset: Dataset, *, holdout: bool | None) -> tuple[NDArray[np.float64], NDArray[Any]]:
        """Features, shape (n, f), and what is learnt, shape (n,), of one split in file order; None: of both."""
        return read_split(dataset, names_of(self.features), self.answer, holdout=holdout)

    def drift(self, reference: Dataset, current: Dataset, predictor: Any) -> Drift:
        from core.workloads.rows.drift import drift

        return drift(reference, current, names_of(self.features), self.answer)

    def contract(self, dataset: Dataset, references: Sequence[Dataset], predictor: Any | None) -> Sequence[Finding]:
        from core.workloads.rows.contract import contract
        from core.workloads.rows.contract_rows import Schema

        schema = Schema(names_of(self.features), self.answer, tuple(self.classes), self.task)
        return contract(dataset, references, predictor, schema)

    def export(self, predictor: Any, folder: Path) -> None:
        predictor.save(folder)

    def log_model(self, trained: Trained, dataset: Dataset | None) -> str:
        from core.workloads.rows.mlflow_log import log_sklearn

        return log_sklearn(trained.model, names_of(self.features), self.task)


class RowClassification(_Rows):
    """Any number of classes. The exported model is a :class:`SoftmaxModel` unless ``load`` is overridden."""

    metric = "accuracy"
    task: Task = "classification"
    classes: tuple[str, ...]
    answer = LABEL

    def evaluate(self, predictor: Classifier, dataset: Dataset) -> Scores:
        return self._measure(predictor, *self.split(dataset, holdout=True))

    def evaluate_whole(self, predictor: Classifier, dataset: Dataset) -> Scores:
        """On all rows, for a dataset that the model was not trained on."""
        return self._measure(predictor, *self.split(dataset, holdout=None))

    def refit_gain(self, predictor: Classifier, dataset: Dataset) -> NDArray[np.float64] | None:
        """In Brier scores."""
        from core.workloads.rows.classification import brier
        from core.workloads.rows.refit import gain_of_classifier, sampled

        features, labels = sampled(*self.split(dataset, holdout=None))
        losses = brier(labels, self._chances(predictor, features))
        return gain_of_classifier(features, labels, losses, affine=is_affine(predictor))

    def _measure(self, predictor: Classifier, features: NDArray[np.float64], labels: NDArray[Any]) -> Scores:
        from core.workloads.rows.classification import score

        return score(labels, self._chances(predictor, features), self.classes)

    def _chances(self, predictor: Classifier, features: NDArray[np.float64]) -> NDArray[np.float64]:
        from core.workloads.rows.classification import aligned

        return aligned(predictor.probabilities(features), predictor.classes, self.classes)

    def compare(self, champion: Scores, challenger: Scores) -> Comparison:
        from core.workloads.rows.classification import compare

        settings = get_settings()
        return compare(champion, challenger, settings.promote_alpha, settings.promote_min_gain, self.unit)

    def load(self, folder: Path) -> Classifier:
        return SoftmaxModel.load(folder)

    def draw(self, predictor: Classifier, dataset: Dataset, scores: Scores) -> Sequence[tuple[str, Any]]:
        from core.workloads.rows.plots import calibration_figure, confusion_figure

        details = scores.details
        return [
            ("confusion_matrix.png", confusion_figure(details["confusion_matrix"], details["classes"])),
            ("calibration.png", calibration_figure(details["calibration"], details["calibration_error"])),
        ]


class RowRegression(_Rows):
    """Regression. The exported model is an :class:`AffineModel` unless ``load`` is overridden."""

    metric = "R2"
    task: Task = "regression"
    classes: tuple[str, ...] = ()
    answer = TARGET
    target_unit = ""
    """What the target is measured in, for figures."""

    def evaluate(self, predictor: Regressor, dataset: Dataset) -> Scores:
        return self._measure(predictor, *self.split(dataset, holdout=True))

    def evaluate_whole(self, predictor: Regressor, dataset: Dataset) -> Scores:
        """On all rows, for a dataset that the model was not trained on."""
        return self._measure(predictor, *self.split(dataset, holdout=None))

    def refit_gain(self, predictor: Regressor, dataset: Dataset) -> NDArray[np.float64] | None:
        """In absolute errors, relative to the predictor's mean."""
        from core.workloads.rows.refit import gain_of_regressor, sampled

        features, truth = sampled(*self.split(dataset, holdout=None))
        losses = np.abs(predictor.values(features) - truth)
        return gain_of_regressor(features, truth, losses, affine=is_affine(predictor))

    def _measure(self, predictor: Regressor, features: NDArray[np.float64], truth: NDArray[Any]) -> Scores:
        from core.workloads.rows.regression import score

        return score(truth, predictor.values(features))

    def compare(self, champion: Scores, challenger: Scores) -> Comparison:
        from core.workloads.rows.regression import compare

        settings = get_settings()
        return compare(champion, challenger, settings.promote_alpha, settings.promote_min_gain, self.unit)

    def load(self, folder: Path) -> Regressor:
        return AffineModel.load(folder)

    def draw(self, predictor: Regressor, dataset: Dataset, scores: Scores) -> Sequence[tuple[str, Any]]:
        from core.workloads.rows.plots import residual_figure

        features, truth = self.split(dataset, holdout=True)
        features, truth = features[:_DRAWN], truth[:_DRAWN]
        return [("residuals.png", residual_figure(truth, predictor.values(features), self.target_unit))]
