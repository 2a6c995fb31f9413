"""The ``linear`` workload: two features, a noisy linear boundary, logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings

from core.catalog.tables import Dataset
from core.config.messages import say
from core.config.progress import Report
from core.config.settings import get_settings
from core.storage import lake
from core.workloads.base import Champion, Classifier, Drift, Feature, Scores, Trained, View
from core.workloads.linear.data import CLASSES, FEATURES, generate_columns
from core.workloads.linear.model import LinearPredictor
from core.workloads.linear.settings import LinearSettings
from core.workloads.linear.sql import EXAMPLES
from core.workloads.rows.workload import RowClassification


class LinearParameters(BaseModel):
    """The parameters for generating linear data.

    ``noise`` is the standard deviation of the jitter across the boundary, ``balance`` the share of class 1, ``angle``
    the direction of the boundary's normal in degrees, ``offset`` its distance from the origin.
    """

    model_config = ConfigDict(extra="forbid")

    rows: int = Field(
        default=10_000,
        ge=1_000,
        le=5_000_000,
        title="Rows",
        description="One fifth becomes the holdout.",
        json_schema_extra={"step": 1_000},
    )
    angle: float = Field(
        default=45.0,
        ge=-360,
        le=360,
        allow_inf_nan=False,
        title="Boundary angle",
        description="Change it to simulate drift.",
        # Half a turn either way is every angle there is.
        json_schema_extra={"unit": "°", "step": 5, "low": -180, "high": 180, "period": 360},
    )
    offset: float = Field(
        default=0.0,
        ge=-3,
        le=3,
        allow_inf_nan=False,
        title="Boundary offset",
        description="Distance from the origin.",
        json_schema_extra={"step": 0.1},
    )
    noise: float = Field(
        default=0.2,
        ge=0,
        le=2,
        allow_inf_nan=False,
        title="Noise",
        description="Jitter across the boundary.",
        json_schema_extra={"step": 0.05},
    )
    balance: float = Field(
        default=0.5,
        ge=0.05,
        le=0.95,
        allow_inf_nan=False,
        title="Share of class 1",
        json_schema_extra={"step": 0.05, "percent": True},
    )
    seed: int = Field(
        default=0,
        ge=0,
        le=2**32 - 1,
        title="Seed",
        description="The same seed and choices always give the same points.",
    )


class LinearWorkload(RowClassification):
    """See :class:`core.workloads.base.Workload` for the meaning of each method."""

    name = "linear"
    title = "Linear"
    description = "Points in the plane, separated by a straight line."
    features = tuple(Feature(name, low=-4.0, high=4.0, step=0.05) for name in FEATURES)
    classes = CLASSES
    parameters: type[BaseModel] = LinearParameters
    settings: type[BaseSettings] | None = LinearSettings
    sql_examples: Mapping[str, str] = EXAMPLES

    @property
    def threshold(self) -> float:
        return LinearSettings.current().threshold

    @property
    def training_parameters(self) -> Mapping[str, Any]:
        return {"model": "StandardScaler+LogisticRegression", "C": 1.0, "solver": "lbfgs"}

    def generate(self, parameters: BaseModel, report: Report) -> lake.StoredFile:
        chosen = LinearParameters.model_validate(parameters.model_dump())
        lake.require_space(get_settings().data_dir, chosen.rows * 26)
        report(0.1, say("data.drawing", rows=chosen.rows, unit=self.unit))
        columns = generate_columns(**chosen.model_dump())
        report(0.5, say("data.writing"))
        stored = lake.write(columns, self.name)
        report(0.9, say("data.stored"))
        return stored

    def train(self, dataset: Dataset, report: Report) -> Trained:
        from core.workloads.linear.model import fit

        report(0.1, say("training.reading"))
        features, labels = self.split(dataset, holdout=False)
        report(0.3, say("training.fitting", rows=len(labels), unit=self.unit))
        model = fit(features, labels, C=float(self.training_parameters["C"]))
        report(1.0, say("training.fitted"))
        return Trained(model, LinearPredictor.from_pipeline(model), dict(self.training_parameters))

    def drift(self, reference: Dataset, current: Dataset, predictor: LinearPredictor) -> Drift:
        from core.workloads.rows.drift import drift

        return drift(reference, current, FEATURES)

    def load(self, folder: Path) -> LinearPredictor:
        return LinearPredictor.load(folder)

    def draw(self, predictor: Classifier, dataset: Dataset, scores: Scores) -> Sequence[tuple[str, Any]]:
        from core.workloads.linear.plots import boundary_figure

        sample = lake.read(dataset.path, [*FEATURES, "label"], "holdout", limit=2_000)
        return [("boundary.png", boundary_figure(predictor, sample)), *super().draw(predictor, dataset, scores)]

    def preview(self, choices: BaseModel, champion: Champion | None) -> View:
        from core.workloads.linear.views import preview

        return preview(LinearParameters.model_validate(choices.model_dump()), champion)

    def dataset_view(self, dataset: Dataset, champion: Champion | None) -> View:
        from core.workloads.linear.views import dataset_view

        return dataset_view(dataset, champion)

    def prediction_view(self, champion: Champion, row: Mapping[str, float]) -> View:
        from core.workloads.linear.views import prediction_view

        return prediction_view(champion, row)
