"""The ``linear`` workload: two features, a noisy linear boundary, logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings

from core.catalog.tables import Dataset
from core.config.progress import Report
from core.config.settings import get_settings
from core.storage import lake
from core.workloads.base import Annotation, Comparison, DataKind, Drift, Feature, Scores, Task, Trained, p_text
from core.workloads.linear.data import CLASSES, FEATURES, generate_columns
from core.workloads.linear.model import LinearPredictor
from core.workloads.linear.settings import LinearSettings

_DRIFT_SAMPLE = 20_000


class LinearParameters(BaseModel):
    """What a person chooses when generating linear data.

    ``noise`` is the standard deviation of the jitter across the boundary, ``balance`` the share of
    class 1, ``angle`` the direction of the boundary's normal in degrees, ``offset`` its distance
    from the origin.
    """

    model_config = ConfigDict(extra="forbid")

    rows: int = Field(default=10_000, ge=1_000, le=5_000_000)
    noise: float = Field(default=0.2, ge=0, le=2, allow_inf_nan=False)
    balance: float = Field(default=0.5, ge=0.05, le=0.95, allow_inf_nan=False)
    angle: float = Field(default=45.0, ge=-360, le=360, allow_inf_nan=False)
    offset: float = Field(default=0.0, ge=-3, le=3, allow_inf_nan=False)
    seed: int = Field(default=0, ge=0, le=2**32 - 1)


class LinearWorkload:
    """See :class:`core.workloads.base.Workload` for the meaning of each method."""

    name = "linear"
    title = "Linear"
    metric = "accuracy"
    unit = "rows"
    description = "Points in the plane, told apart by a straight line."
    data_kind: DataKind = "rows"
    task: Task = "classification"
    annotation: Annotation = "none"
    features = tuple(Feature(name, low=-4.0, high=4.0, step=0.05) for name in FEATURES)
    classes = CLASSES
    parameters: type[BaseModel] = LinearParameters
    settings: type[BaseSettings] | None = LinearSettings

    @property
    def threshold(self) -> float:
        return LinearSettings.current().threshold

    @property
    def training_parameters(self) -> Mapping[str, Any]:
        return {"model": "StandardScaler+LogisticRegression", "C": 1.0, "solver": "lbfgs"}

    def generate(self, parameters: BaseModel, report: Report) -> lake.StoredFile:
        chosen = LinearParameters.model_validate(parameters.model_dump())
        lake.require_space(get_settings().data_dir, chosen.rows * 26)
        report(0.1, f"Drawing {chosen.rows:,} points")
        columns = generate_columns(**chosen.model_dump())
        report(0.5, "Writing Parquet")
        stored = lake.write(columns, self.name)
        report(0.9, "Stored in the lake")
        return stored

    def train(self, dataset: Dataset, report: Report) -> Trained:
        from core.workloads.linear.model import fit

        report(0.1, "Reading the training split")
        features, labels = read_split(dataset, holdout=False)
        report(0.3, f"Fitting on {len(labels):,} rows")
        model = fit(features, labels, C=float(self.training_parameters["C"]))
        report(1.0, "Fitted")
        return Trained(model, LinearPredictor.from_pipeline(model), dict(self.training_parameters))

    @property
    def has_starter(self) -> bool:
        return False

    def starter(self) -> Trained | None:
        return None

    def evaluate(self, predictor: LinearPredictor, dataset: Dataset) -> Scores:
        from core.workloads.linear.scores import score

        features, labels = read_split(dataset, holdout=True)
        return score(self.metric, labels, predictor.probabilities(features)[:, 1])

    def compare(self, champion: Scores, challenger: Scores) -> Comparison:
        from core.workloads.statistics import mcnemar_exact

        test = mcnemar_exact(champion.outcomes, challenger.outcomes)
        better = test.only_second_right > test.only_first_right and test.p_value < get_settings().promote_alpha
        summary = (
            f"Challenger alone right on {test.only_second_right:,}, champion alone right on "
            f"{test.only_first_right:,} of {champion.samples:,} (McNemar exact {p_text(test.p_value)})"
        )
        return Comparison(better, test.p_value, summary, {"test": "McNemar exact", **_as_dict(test)})

    def drift(self, reference: Dataset, current: Dataset, predictor: LinearPredictor) -> Drift:
        from core.workloads.statistics import ks_tests

        if reference.sha256 == current.sha256:
            return Drift(False, "The champion was trained on this very dataset.")
        settings = get_settings()
        samples = [lake.read(d.path, FEATURES, "NOT holdout", limit=_DRIFT_SAMPLE) for d in (reference, current)]
        tests = ks_tests(samples[0], samples[1], settings.drift_alpha, settings.drift_min_effect)
        drifted = [test["feature"] for test in tests if test["drift"]]
        if not drifted:
            return Drift(False, "No feature drifted (Kolmogorov–Smirnov, Benjamini–Hochberg).", tests)
        return Drift(True, f"Drift in {', '.join(drifted)} (Kolmogorov–Smirnov, Benjamini–Hochberg).", tests)

    def export(self, predictor: LinearPredictor, folder: Path) -> None:
        predictor.save(folder)

    def load(self, folder: Path) -> LinearPredictor:
        return LinearPredictor.load(folder)

    def log_model(self, trained: Trained, dataset: Dataset | None) -> str:
        from core.workloads.linear.model import log_to_mlflow

        return log_to_mlflow(trained.model)

    def draw(self, predictor: LinearPredictor, dataset: Dataset, scores: Scores) -> Sequence[tuple[str, Any]]:
        from core.workloads.linear.plots import boundary_figure, confusion_figure

        sample = lake.read(dataset.path, [*FEATURES, "label"], "holdout", limit=2_000)
        return [
            ("boundary.png", boundary_figure(predictor, sample)),
            ("confusion_matrix.png", confusion_figure(scores.details["confusion_matrix"])),
        ]


def read_split(dataset: Dataset, *, holdout: bool) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Features, shape (n, 2), and labels, shape (n,), of one split in file order."""
    columns = lake.read(dataset.path, [*FEATURES, "label"], "holdout" if holdout else "NOT holdout")
    return np.column_stack([columns[name] for name in FEATURES]), columns["label"]


def _as_dict(test: Any) -> dict[str, Any]:
    return {name: getattr(test, name) for name in ("only_first_right", "only_second_right", "p_value")}
