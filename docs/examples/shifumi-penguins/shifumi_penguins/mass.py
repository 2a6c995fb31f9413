"""``penguin-mass``: how heavy is a penguin, given bill and flipper? Ridge regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from core.catalog.tables import Dataset
from core.config.messages import say
from core.config.progress import Report
from core.storage import lake
from core.workloads.base import Trained
from core.workloads.rows.columns import HOLDOUT, TARGET, fixed_holdout
from core.workloads.rows.models import AffineModel
from core.workloads.rows.workload import RowRegression
from shifumi_penguins.data import BILL_AND_FLIPPER, MASS, PenguinParameters, columns, measure


class PenguinMassWorkload(RowRegression):
    """See :class:`core.workloads.base.Workload` for the meaning of each member."""

    name = "penguin-mass"
    title = "Penguin mass"
    description = "Predicts the body mass of a penguin from its bill and flipper."
    unit = "penguins"
    target_unit = MASS.unit
    features = BILL_AND_FLIPPER
    parameters: type[BaseModel] = PenguinParameters

    @property
    def threshold(self) -> float:
        return 0.6

    @property
    def training_parameters(self) -> Mapping[str, Any]:
        return {"model": "StandardScaler+Ridge", "alpha": 1.0}

    def generate(self, parameters: BaseModel, report: Report) -> lake.StoredFile:
        chosen = PenguinParameters.model_validate(parameters.model_dump())
        measures, _species = measure(chosen)
        report(0.5, say("data.writing"))
        held = fixed_holdout(chosen.rows, chosen.seed)
        return lake.write({**columns(measures, self.features), TARGET: measures[:, 3], HOLDOUT: held}, self.name)

    def train(self, dataset: Dataset, report: Report) -> Trained:
        from sklearn.linear_model import Ridge
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        features, grams = self.split(dataset, holdout=False)
        report(0.5, say("training.fitting", rows=len(grams), unit=self.unit))
        model = make_pipeline(StandardScaler(), Ridge(alpha=self.training_parameters["alpha"])).fit(features, grams)
        return Trained(model, AffineModel.from_pipeline(model), self.training_parameters)
