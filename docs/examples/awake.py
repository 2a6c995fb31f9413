"""``awake``: will somebody be awake in class, given the hours they slept? One feature, two classes.

The worked example of ``docs/adding-a-workload.md``: copied to ``core/workloads/awake.py`` and registered there,
it goes round the loop like the workloads that ship. A test takes it through, so it cannot rot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from core.catalog.tables import Dataset
from core.config.messages import register, say
from core.config.progress import Report
from core.storage import lake
from core.workloads.base import Classifier, Feature, Scores, Trained
from core.workloads.rows.columns import HOLDOUT, LABEL, fixed_holdout
from core.workloads.rows.models import SoftmaxModel
from core.workloads.rows.workload import RowClassification

register({"awake.generating": "Generating {nights:count} nights"})


class AwakeParameters(BaseModel):
    """What a person chooses when data is made."""

    model_config = ConfigDict(extra="forbid")

    rows: int = Field(default=5_000, ge=100, le=1_000_000, title="Nights")
    enough: float = Field(
        default=6.0,
        ge=0,
        le=12,
        allow_inf_nan=False,
        title="Enough sleep",
        description="Students who sleep longer than this are mostly awake in class.",
        json_schema_extra={"unit": "h", "step": 0.5},
    )
    usual: float = Field(
        default=7.0,
        ge=0,
        le=12,
        allow_inf_nan=False,
        title="Usual sleep",
        description="Mean hours of sleep. Change it to simulate drift.",
        json_schema_extra={"unit": "h", "step": 0.5},
    )
    seed: int = Field(default=0, ge=0, le=2**32 - 1, title="Seed")


class AwakeWorkload(RowClassification):
    """See :class:`core.workloads.base.Workload` for the meaning of each member."""

    name = "awake"
    title = "Awake"
    description = "Is a student awake in class, given the hours of sleep?"
    features = (Feature("hours", "Hours slept", "h", low=0, high=12, step=0.5),)
    classes = ("asleep", "awake")
    parameters: type[BaseModel] = AwakeParameters

    @property
    def threshold(self) -> float:
        return 0.8

    @property
    def training_parameters(self) -> Mapping[str, Any]:
        return {"model": "StandardScaler+LogisticRegression", "C": 1.0}

    def generate(self, parameters: BaseModel, report: Report) -> lake.StoredFile:
        chosen = AwakeParameters.model_validate(parameters.model_dump())
        report(0.1, say("awake.generating", nights=chosen.rows))
        random = np.random.default_rng(chosen.seed)
        hours = random.normal(chosen.usual, 1.5, chosen.rows)
        awake = hours + random.normal(0, 0.5, chosen.rows) > chosen.enough
        report(0.5, say("data.writing"))
        # A row that is held out stays so: a split that is part of the data cannot leak later.
        held = fixed_holdout(chosen.rows, chosen.seed)
        return lake.write({"hours": hours, LABEL: awake.astype(np.int8), HOLDOUT: held}, self.name)

    def train(self, dataset: Dataset, report: Report) -> Trained:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        features, labels = self.split(dataset, holdout=False)
        report(0.5, say("training.fitting", rows=len(labels), unit=self.unit))
        model = make_pipeline(StandardScaler(), LogisticRegression(C=self.training_parameters["C"]))
        model.fit(features, labels)
        return Trained(model, SoftmaxModel.from_pipeline(model, self.classes), self.training_parameters)

    def draw(self, predictor: Classifier, dataset: Dataset, scores: Scores) -> Sequence[tuple[str, Any]]:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5, 3), layout="constrained")
        hours = np.linspace(0, 12, 100)
        axes = figure.subplots()
        axes.plot(hours, predictor.probabilities(hours[:, None])[:, 1])
        axes.set(xlabel="hours slept", ylabel="P(awake)", ylim=(0, 1))
        return [("awake.png", figure), *super().draw(predictor, dataset, scores)]
