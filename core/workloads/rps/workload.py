"""The ``rps`` workload: rock, paper and scissors on images, detected by a fine-tuned YOLO.

Light: heavy packages are imported by the methods that need them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings

from core.auth.roles import Actor
from core.catalog.tables import Dataset
from core.config.messages import say
from core.config.progress import Report
from core.config.settings import get_settings
from core.images.collection import ImageCollection
from core.storage import lake
from core.workloads.base import (
    Annotation,
    Comparison,
    DataKind,
    Drift,
    Feature,
    Finding,
    Proposer,
    Scores,
    Task,
    Trained,
    TrainingProgress,
)
from core.workloads.rps.classes import CLASSES, SYNONYMS
from core.workloads.rps.settings import RpsSettings
from core.workloads.rps.starter import STARTER_SEEDS, has_starter, starter_folder, starter_weights

if TYPE_CHECKING:
    from core.workloads.rps.detector import ExportedDetector


class RpsParameters(BaseModel):
    """The parameters for generating an image dataset.

    It contains all labelled images; before that, ``synthetic`` images of hands are rendered, those of ``seed`` and the
    following seeds. Each seed is rendered only once.
    """

    model_config = ConfigDict(extra="forbid")

    synthetic: int = Field(default=400, ge=0, le=5000)
    seed: int = Field(default=STARTER_SEEDS, ge=0, le=2**31 - 1)


class RpsWorkload:
    """See :class:`core.workloads.base.Workload` for the meaning of each method."""

    name = "rps"
    title = "Hands"
    metric = "mAP50"
    unit = "images"
    description = "Detects rock, paper and scissors in images of hands."
    data_kind: DataKind = "images"
    cumulative = True
    task: Task = "detection"
    annotation: Annotation = "boxes"
    features: tuple[Feature, ...] = ()
    classes = CLASSES
    wants_gpu = True
    beats: Mapping[str, str] = {"rock": "scissors", "scissors": "paper", "paper": "rock"}
    icons: Mapping[str, str] = {"rock": "✊", "paper": "✋", "scissors": "✌️"}
    synonyms: Mapping[str, frozenset[str]] = SYNONYMS
    labelled_only: Mapping[str, Any] = {"synthetic": 0}
    parameters: type[BaseModel] = RpsParameters
    settings: type[BaseSettings] | None = RpsSettings

    @property
    def threshold(self) -> float:
        return RpsSettings.current().threshold

    @property
    def training_parameters(self) -> Mapping[str, Any]:
        from core.workloads.rps.training.recipe import training_parameters

        return training_parameters()

    @property
    def _collection(self) -> ImageCollection:
        return ImageCollection(self.name, self.classes)

    def proposer(self) -> Proposer | None:
        from core.workloads.rps.proposer import MediaPipe

        return MediaPipe()

    def generate(self, parameters: BaseModel, report: Report) -> lake.StoredFile:
        from core.images.snapshot import write_snapshot
        from core.workloads.rps.synthesis import learnt_sessions, synthesise

        chosen = RpsParameters.model_validate(parameters.model_dump())
        synthesise(self._collection, chosen.synthetic, chosen.seed, lambda share, said: report(0.95 * share, said))
        report(0.95, say("rps.listing"))
        return write_snapshot(self._collection, learnt=learnt_sessions())

    def train(self, dataset: Dataset, report: Report) -> Trained:
        from core.workloads.rps.training.fine_tune import fine_tune

        return fine_tune(dataset, self.training_parameters, report)

    def quick_parameters(self, dataset: Dataset) -> Mapping[str, Any] | None:
        from core.workloads.rps.head.learn import head_parameters

        return head_parameters(dataset)

    def train_quick(self, dataset: Dataset, parameters: Mapping[str, Any], report: Report) -> Trained:
        from core.workloads.rps.head.learn import learn_head

        return learn_head(dataset, parameters, report)

    def new_labels(self, reference: Dataset | None, current: Dataset) -> int:
        from core.workloads.images.new_labels import new_labels

        return new_labels(reference, current, self.classes)

    @property
    def has_starter(self) -> bool:
        return has_starter()

    def starter(self) -> Trained | None:
        if not has_starter():
            return None
        from core.workloads.rps.detector import ExportedDetector
        from core.workloads.rps.training.mlflow_log import FineTuned

        detector = ExportedDetector(starter_folder())
        facts = {"base": "starter", "imgsz": detector.meta.size, "graph_sha256": detector.meta.sha256}
        return Trained(FineTuned(starter_weights()), detector, facts)

    def training_progress(self, since: datetime) -> TrainingProgress | None:
        from core.workloads.rps.training.training_state import training_progress

        return training_progress(since)

    def stop_early(self, actor: Actor) -> bool:
        from core.workloads.rps.training.training_state import request_stop

        return request_stop(actor)

    def evaluate(self, predictor: ExportedDetector, dataset: Dataset) -> Scores:
        from core.workloads.images.manifest import manifest_images
        from core.workloads.images.provenance import origins
        from core.workloads.rps.scores import score

        chosen = manifest_images(dataset, holdout=True)
        return replace(score(self.metric, predictor, chosen), origins=origins(dataset, chosen, self.classes))

    def holdout_keys(self, dataset: Dataset) -> frozenset[str]:
        from core.workloads.images.provenance import holdout_keys

        return holdout_keys(dataset)

    def right(self, scores: Scores) -> NDArray[np.bool_]:
        from core.workloads.rps.scores import all_right

        return all_right(list(scores.outcomes))

    def compare(self, champion: Scores, challenger: Scores) -> Comparison:
        from core.workloads.images.comparing import compare

        return compare(champion, challenger)

    def drift(self, reference: Dataset, current: Dataset, predictor: ExportedDetector) -> Drift:
        from core.workloads.images.drift import drift
        from core.workloads.images.manifest import manifest_images

        if reference.sha256 == current.sha256:
            return Drift(False, say("drift.same_dataset"))
        settings = get_settings()
        before, now = manifest_images(reference), manifest_images(current)
        return drift(
            before,
            now,
            predictor,
            classes=len(self.classes),
            thing="hand",
            alpha=settings.drift_alpha,
            min_effect=settings.drift_min_effect,
        )

    def contract(self, dataset: Dataset, references: Sequence[Dataset], predictor: Any | None) -> Sequence[Finding]:
        from core.workloads.images.contract import contract

        return contract(dataset, references, boxes=True)

    def export(self, predictor: ExportedDetector, folder: Path) -> None:
        from core.workloads.rps.export import copy_export

        copy_export(predictor.source, folder)

    def load(self, folder: Path) -> ExportedDetector:
        from core.workloads.rps.detector import ExportedDetector

        return ExportedDetector(folder)

    def log_model(self, trained: Trained, dataset: Dataset | None) -> str:
        from core.workloads.rps.training.mlflow_log import log_to_mlflow

        return log_to_mlflow(trained.model)

    def draw(self, predictor: ExportedDetector, dataset: Dataset, scores: Scores) -> Sequence[tuple[str, Any]]:
        from core.workloads.images.manifest import manifest_images, spread
        from core.workloads.images.plots import confusion_figure
        from core.workloads.rps import plots
        from core.workloads.rps.scores import SHOWN

        shown = spread(manifest_images(dataset, holdout=True), 8)
        return [
            ("precision_recall.png", plots.curves_figure(list(scores.outcomes))),
            (
                "confusion_matrix.png",
                confusion_figure(scores.details["confusion_matrix"], scores.details["classes"]),
            ),
            ("sample_predictions.png", plots.samples_figure(predictor, shown, SHOWN)),
        ]
