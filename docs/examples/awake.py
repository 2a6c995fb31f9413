"""``awake``: will somebody be awake in class, judged by the hours they slept? One feature, two classes.

The worked example of ``docs/adding-a-workload.md``: copied to ``core/workloads/awake.py`` and registered there,
it goes round the loop like the workloads that ship. A test takes it through, so it cannot rot.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings

from core.catalog.tables import Dataset
from core.config.messages import register, say
from core.config.progress import Report
from core.config.settings import get_settings
from core.storage import lake
from core.workloads.base import Annotation, Comparison, DataKind, Drift, Feature, Scores, Task, Trained
from core.workloads.features import names_of

FEATURES = (Feature("hours", "Hours slept", "h", low=0, high=12, step=0.5),)
CLASSES = ("asleep", "awake")
register({"awake.sleep_changed": "People sleep otherwise than before.", "awake.sleep_same": "People sleep as before."})
_FILE = "awake.json"


class AwakeParameters(BaseModel):
    """What a person chooses: how much sleep is enough, and how much people sleep, both in hours."""

    model_config = ConfigDict(extra="forbid")

    rows: int = Field(default=5_000, ge=100, le=1_000_000)
    enough: float = Field(default=6.0, ge=0, le=12, allow_inf_nan=False)
    usual: float = Field(default=7.0, ge=0, le=12, allow_inf_nan=False)
    seed: int = Field(default=0, ge=0, le=2**32 - 1)


@dataclass(frozen=True, slots=True)
class AwakePredictor:
    """``P(awake) = 1 / (1 + exp(-(slope hours + bias)))``: all that a server needs, no scikit-learn."""

    slope: float
    bias: float

    @property
    def classes(self) -> tuple[str, ...]:
        return CLASSES

    def probabilities(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """P(asleep) and P(awake), shape (n, 2), for features of shape (n, 1)."""
        z = features[:, 0] * self.slope + self.bias
        awake = 1.0 / (1.0 + np.exp(-np.clip(z, -700, 700)))
        return np.column_stack([1.0 - awake, awake])

    def smoke(self) -> None:
        if not np.isfinite(self.probabilities(np.array([[0.0], [8.0]]))).all():
            raise ValueError("the model's weights are not usable numbers")


class AwakeWorkload:
    """See :class:`core.workloads.base.Workload` for the meaning of each method."""

    name = "awake"
    title = "Awake"
    metric = "accuracy"
    unit = "rows"
    description = "Is somebody awake in class, judged by the hours they slept?"
    data_kind: DataKind = "rows"
    task: Task = "classification"
    annotation: Annotation = "none"
    features = FEATURES
    classes = CLASSES
    parameters: type[BaseModel] = AwakeParameters
    settings: type[BaseSettings] | None = None

    @property
    def threshold(self) -> float:
        return 0.8

    @property
    def training_parameters(self) -> Mapping[str, Any]:
        return {"model": "LogisticRegression", "C": 1.0}

    def generate(self, parameters: BaseModel, report: Report) -> lake.StoredFile:
        chosen = AwakeParameters.model_validate(parameters.model_dump())
        random = np.random.default_rng(chosen.seed)
        hours = random.normal(chosen.usual, 1.5, chosen.rows)
        awake = hours + random.normal(0, 0.5, chosen.rows) > chosen.enough
        report(0.5, say("data.writing"))
        # Every fifth row is held out, for good: a split that is part of the data cannot leak later.
        holdout = np.arange(chosen.rows) % 5 == 0
        return lake.write({"hours": hours, "label": awake.astype(np.int8), "holdout": holdout}, self.name)

    def train(self, dataset: Dataset, report: Report) -> Trained:
        from sklearn.linear_model import LogisticRegression

        features, labels = _split(dataset, "NOT holdout")
        report(0.5, say("training.fitting", rows=len(labels), unit=self.unit))
        model = LogisticRegression(C=self.training_parameters["C"]).fit(features, labels)
        predictor = AwakePredictor(float(model.coef_[0, 0]), float(model.intercept_[0]))
        return Trained(model, predictor, self.training_parameters)

    @property
    def has_starter(self) -> bool:
        return False

    def starter(self) -> Trained | None:
        return None

    def evaluate(self, predictor: AwakePredictor, dataset: Dataset) -> Scores:
        from core.workloads.linear.scores import score

        features, labels = _split(dataset, "holdout")
        return score(self.metric, labels, predictor.probabilities(features)[:, 1])

    def compare(self, champion: Scores, challenger: Scores) -> Comparison:
        from core.workloads.statistics import mcnemar_exact

        test = mcnemar_exact(champion.outcomes, challenger.outcomes)
        better = test.only_second_right > test.only_first_right and test.p_value < get_settings().promote_alpha
        summary = say(
            "comparison.mcnemar",
            challenger=test.only_second_right,
            champion=test.only_first_right,
            unit=self.unit,
            p=test.p_value,
        )
        return Comparison(better, test.p_value, summary, asdict(test))

    def drift(self, reference: Dataset, current: Dataset, predictor: AwakePredictor) -> Drift:
        from core.workloads.statistics import ks_tests

        settings = get_settings()
        first, second = (
            lake.read(one.path, names_of(FEATURES), "NOT holdout", limit=20_000) for one in (reference, current)
        )
        tests = ks_tests(first, second, settings.drift_alpha, settings.drift_min_effect)
        found = any(test["drift"] for test in tests)
        return Drift(found, say("awake.sleep_changed") if found else say("awake.sleep_same"), tests)

    def export(self, predictor: AwakePredictor, folder: Path) -> None:
        (folder / _FILE).write_text(json.dumps(asdict(predictor)), encoding="utf-8")

    def load(self, folder: Path) -> AwakePredictor:
        raw = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        try:
            return AwakePredictor(float(raw["slope"]), float(raw["bias"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{_FILE} is damaged: {error}") from error

    def log_model(self, trained: Trained, dataset: Dataset | None) -> str:
        import mlflow.sklearn

        # Requirements are named because inferring them starts a process and takes seconds.
        info = mlflow.sklearn.log_model(trained.model, name="model", pip_requirements=["scikit-learn", "skops"])
        return str(info.model_uri)

    def draw(self, predictor: AwakePredictor, dataset: Dataset, scores: Scores) -> Sequence[tuple[str, Any]]:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5, 3), layout="constrained")
        hours = np.linspace(0, 12, 100)
        axes = figure.subplots()
        axes.plot(hours, predictor.probabilities(hours[:, None])[:, 1])
        axes.set(xlabel="hours slept", ylabel="P(awake)", ylim=(0, 1))
        return [("awake.png", figure)]


def _split(dataset: Dataset, where: str) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Features of shape (n, 1) and labels of shape (n,), in file order."""
    columns = lake.read(dataset.path, [*names_of(FEATURES), "label"], where)
    return columns["hours"][:, None], columns["label"]
