"""Base class of workloads that classify whole images by user-defined labels; only name and backbone are missing.

Light: heavy packages are imported by the methods that need them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict
from pydantic_settings import BaseSettings

from core.catalog.tables import Dataset
from core.config.messages import say
from core.config.progress import Report
from core.config.settings import get_settings
from core.images import labels
from core.images.collection import ImageCollection
from core.storage import lake
from core.workloads.base import Annotation, Comparison, DataKind, Drift, Feature, Finding, Scores, Task, Trained
from core.workloads.images.backbone import Backbone

if TYPE_CHECKING:
    from core.workloads.images.classifier import WholeImageClassifier


class LabelledImages(BaseModel):
    """No parameters: a dataset contains all labelled images."""

    model_config = ConfigDict(extra="forbid")


class ImageClassifierWorkload(ABC):
    """Subclass it with ``name``, ``title``, ``description`` and :meth:`backbone`.

    See :class:`core.workloads.base.Workload` for the meaning of each method. Labels are data: users create them on
    Datasets, and a model keeps those of its training.
    """

    name: str
    title: str
    description: str
    metric = "accuracy"
    unit = "images"
    data_kind: DataKind = "images"
    cumulative = True
    task: Task = "classification"
    annotation: Annotation = "class"
    features: tuple[Feature, ...] = ()
    own_labels = True
    parameters: type[BaseModel] = LabelledImages
    settings: type[BaseSettings] | None = None
    inverse_penalty = 0.1
    """scikit-learn's C: small, because there are more numbers per image than images."""

    @abstractmethod
    def backbone(self) -> Backbone:
        """The network whose front part computes the embedding."""

    @property
    def classes(self) -> tuple[str, ...]:
        return labels.names(self.name)

    @property
    def threshold(self) -> float:
        return 0.8

    @property
    def training_parameters(self) -> Mapping[str, Any]:
        return {"model": "LogisticRegression", "C": self.inverse_penalty, **self.backbone().identity()}

    def generate(self, parameters: BaseModel, report: Report) -> lake.StoredFile:
        from core.images.snapshot import write_snapshot

        report(0.5, say("images.listing"))
        return write_snapshot(ImageCollection(self.name, self.classes, whole_image=True))

    def train(self, dataset: Dataset, report: Report) -> Trained:
        from core.workloads.images.head_training import fit
        from core.workloads.images.manifest import classes_of, manifest_images

        chosen, classes = manifest_images(dataset, holdout=False), classes_of(dataset)
        model, predictor = fit(chosen, classes, self.backbone(), self.inverse_penalty, report)
        report(1.0, say("images.fitted", images=len(chosen)))
        return Trained(model, predictor, dict(self.training_parameters))

    @property
    def has_starter(self) -> bool:
        return False

    def starter(self) -> Trained | None:
        return None

    def evaluate(self, predictor: WholeImageClassifier, dataset: Dataset) -> Scores:
        from core.workloads.images.manifest import classes_of, manifest_images
        from core.workloads.images.provenance import origins
        from core.workloads.images.scores import score

        chosen, classes = manifest_images(dataset, holdout=True), classes_of(dataset)
        return replace(score(self.metric, predictor, chosen, classes), origins=origins(dataset, chosen, classes))

    def holdout_keys(self, dataset: Dataset) -> frozenset[str]:
        from core.workloads.images.provenance import holdout_keys

        return holdout_keys(dataset)

    def compare(self, champion: Scores, challenger: Scores) -> Comparison:
        from core.workloads.images.comparing import compare

        return compare(champion, challenger)

    def drift(self, reference: Dataset, current: Dataset, predictor: WholeImageClassifier) -> Drift:
        from core.workloads.images.drift import drift
        from core.workloads.images.manifest import classes_of, manifest_images, renumbered

        if reference.sha256 == current.sha256:
            return Drift(False, say("drift.same_dataset"))
        classes, settings = classes_of(current), get_settings()
        if added := [name for name in classes if name not in predictor.classes]:
            return Drift(True, say("images.unknown_labels", labels=added))
        return drift(
            renumbered(manifest_images(reference), classes_of(reference), classes),
            manifest_images(current),
            predictor,
            classes=len(classes),
            thing=None,
            alpha=settings.drift_alpha,
            min_effect=settings.drift_min_effect,
        )

    def contract(self, dataset: Dataset, references: Sequence[Dataset], predictor: Any | None) -> Sequence[Finding]:
        from core.workloads.images.contract import contract

        return contract(dataset, references, boxes=False)

    def export(self, predictor: WholeImageClassifier, folder: Path) -> None:
        predictor.save(folder)

    def load(self, folder: Path) -> WholeImageClassifier:
        from core.workloads.images.classifier import WholeImageClassifier

        return WholeImageClassifier.load(folder)

    def log_model(self, trained: Trained, dataset: Dataset | None) -> str:
        import mlflow.sklearn

        # Requirements are named because inferring them starts a process and takes seconds.
        info = mlflow.sklearn.log_model(trained.model, name="model", pip_requirements=["scikit-learn", "skops"])
        return str(info.model_uri)

    def draw(self, predictor: WholeImageClassifier, dataset: Dataset, scores: Scores) -> Sequence[tuple[str, Any]]:
        from core.workloads.images import plots
        from core.workloads.images.manifest import classes_of, manifest_images, spread

        shown = spread(manifest_images(dataset, holdout=True), 8)
        matrix = plots.confusion_figure(scores.details["confusion_matrix"], scores.details["classes"])
        samples = plots.samples_figure(predictor, shown, classes_of(dataset))
        return [("confusion_matrix.png", matrix), ("sample_predictions.png", samples)]
