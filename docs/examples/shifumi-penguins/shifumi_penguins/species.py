"""``penguins``: which of three species is it? Logistic regression on four measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_settings import BaseSettings

from core.catalog.tables import Dataset
from core.config.messages import say
from core.config.progress import Report
from core.storage import lake
from core.workloads.base import Trained
from core.workloads.rows.columns import HOLDOUT, LABEL, fixed_holdout
from core.workloads.rows.models import SoftmaxModel
from core.workloads.rows.workload import RowClassification
from shifumi_penguins.data import BILL_AND_FLIPPER, MASS, SPECIES, PenguinParameters, columns, measure
from shifumi_penguins.settings import PenguinsSettings


class PenguinsWorkload(RowClassification):
    """See :class:`core.workloads.base.Workload` for the meaning of each member."""

    name = "penguins"
    title = "Penguins"
    description = "Predicts the species from bill, flipper and body mass."
    unit = "penguins"
    features = (*BILL_AND_FLIPPER, MASS)
    classes = SPECIES
    parameters: type[BaseModel] = PenguinParameters
    settings: type[BaseSettings] | None = PenguinsSettings
    sql_examples: Mapping[str, str] = {
        "Mean body mass per species": "SELECT label, count(*) AS penguins, avg(body_mass_g) AS body_mass_g\n"
        "FROM penguins GROUP BY label ORDER BY label"
    }

    @property
    def threshold(self) -> float:
        return PenguinsSettings.current().threshold

    @property
    def training_parameters(self) -> Mapping[str, Any]:
        return {"model": "StandardScaler+LogisticRegression", "C": 1.0}

    def generate(self, parameters: BaseModel, report: Report) -> lake.StoredFile:
        chosen = PenguinParameters.model_validate(parameters.model_dump())
        measures, species = measure(chosen)
        report(0.5, say("data.writing"))
        held = fixed_holdout(chosen.rows, chosen.seed)
        return lake.write({**columns(measures, self.features), LABEL: species, HOLDOUT: held}, self.name)

    def train(self, dataset: Dataset, report: Report) -> Trained:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        features, species = self.split(dataset, holdout=False)
        report(0.5, say("training.fitting", rows=len(species), unit=self.unit))
        model = make_pipeline(StandardScaler(), LogisticRegression(C=self.training_parameters["C"]))
        model.fit(features, species)
        return Trained(model, SoftmaxModel.from_pipeline(model, self.classes), self.training_parameters)
