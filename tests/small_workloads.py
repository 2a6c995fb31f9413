"""Two more workloads on rows for tests of pages: three classes with a form of its own, and a number."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings

from core.auth.roles import SYSTEM
from core.catalog.tables import Dataset
from core.config.messages import text
from core.config.progress import Report, silent
from core.storage import datasets, lake
from core.workloads import WORKLOADS
from core.workloads.base import Annotation, Comparison, DataKind, Drift, Feature, Finding, Scores, Task, Trained
from core.workloads.evidence import paired
from core.workloads.features import names_of
from core.workloads.rows.contract import contract
from core.workloads.rows.contract_rows import Schema
from core.workloads.statistics import mcnemar_exact, wilson_interval

SPECIES = ("Aster", "Bellis", "Crocus")


class FlowerParameters(BaseModel):
    """What a person chooses when flowers are measured."""

    model_config = ConfigDict(extra="forbid")

    rows: int = Field(default=600, ge=100, le=50_000, title="Flowers", description="A fifth is held out.")
    spread: float = Field(default=0.4, ge=0.1, le=2, title="Spread", json_schema_extra={"unit": "cm", "step": 0.1})
    season: Literal["spring", "summer"] = Field(default="spring", title="Season")
    wet: bool = Field(default=False, title="After rain")
    seed: int = Field(default=0, ge=0, le=2**32 - 1, title="Seed")


class PriceParameters(BaseModel):
    """What a person chooses when prices are drawn."""

    rows: int = Field(default=500, ge=100, le=50_000, title="Flats")
    noise: float = Field(default=0.5, gt=0, le=5, title="Noise", json_schema_extra={"step": 0.5})
    seed: int = Field(default=0, ge=0, title="Seed")


@dataclass(frozen=True, slots=True)
class Softmax:
    """A multinomial logistic regression as its numbers."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    classes: tuple[str, ...] = SPECIES

    def probabilities(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        z = features @ self.weights.T + self.bias
        powers = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def smoke(self) -> None:
        if not np.isfinite(self.weights).all():
            raise ValueError("the weights are no numbers")


@dataclass(frozen=True, slots=True)
class Line:
    """A linear regression as its numbers."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    def values(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(features @ self.weights[0] + self.bias[0])

    def smoke(self) -> None:
        if not np.isfinite(self.weights).all():
            raise ValueError("the weights are no numbers")


class _Rows(ABC):
    """What both share."""

    unit = "rows"
    cumulative = False
    data_kind: DataKind = "rows"
    annotation: Annotation = "none"
    settings: type[BaseSettings] | None = None
    has_starter = False
    threshold = 0.7
    name: str
    features: tuple[Feature, ...]
    served: type[Any]
    task: Task
    classes: tuple[str, ...]
    answer = "label"

    @property
    def training_parameters(self) -> Mapping[str, Any]:
        return {"model": type(self).__name__}

    def starter(self) -> Trained | None:
        return None

    def read(self, dataset: Dataset, where: str) -> tuple[NDArray[np.float64], NDArray[Any]]:
        names = [feature.name for feature in self.features]
        columns = lake.read(dataset.path, [*names, self.answer], where)
        return np.column_stack([columns[name] for name in names]), columns[self.answer]

    @abstractmethod
    def estimator(self) -> Any:
        """The scikit-learn model, not fitted."""

    def train(self, dataset: Dataset, report: Report) -> Trained:
        model = self.estimator().fit(*self.read(dataset, "NOT holdout"))
        predictor = self.served(np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_))
        return Trained(model, predictor, self.training_parameters)

    def drift(self, reference: Dataset, current: Dataset, predictor: Any) -> Drift:
        return Drift(False, text("Not looked at."))

    def contract(self, dataset: Dataset, references: Sequence[Dataset], predictor: Any | None) -> Sequence[Finding]:
        return contract(
            dataset, references, predictor, Schema(names_of(self.features), self.answer, self.classes, self.task)
        )

    def export(self, predictor: Any, folder: Path) -> None:
        numbers = {"weights": predictor.weights.tolist(), "bias": predictor.bias.tolist()}
        (folder / "numbers.json").write_text(json.dumps(numbers), encoding="utf-8")

    def load(self, folder: Path) -> Any:
        raw = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))
        return self.served(np.array(raw["weights"]), np.array(raw["bias"]))

    def log_model(self, trained: Trained, dataset: Dataset | None) -> str:
        import mlflow.sklearn

        return str(mlflow.sklearn.log_model(trained.model, name="model", pip_requirements=["scikit-learn"]).model_uri)

    def draw(self, predictor: Any, dataset: Dataset, scores: Scores) -> Sequence[tuple[str, Any]]:
        return []


class Flowers(_Rows):
    name, title, metric = "test-flowers", "Flowers", "accuracy"
    description = "Three kinds of flowers, told apart by three lengths."
    task: Task = "classification"
    classes = SPECIES
    features = (
        Feature("petal", "Petal", "cm", 0.0, 8.0, 0.1),
        Feature("sepal", "Sepal", "cm", 2.0, 10.0, 0.1),
        Feature("stem", "Stem", "cm", 5.0, 45.0, 0.5),
    )
    parameters: type[BaseModel] = FlowerParameters
    served = Softmax

    def generate(self, parameters: BaseModel, report: Report) -> lake.StoredFile:
        chosen = FlowerParameters.model_validate(parameters.model_dump())
        random = np.random.default_rng(chosen.seed)
        label = random.integers(0, 3, chosen.rows)
        petal = 2.0 + 2 * label + random.normal(0, chosen.spread, chosen.rows)
        sepal = 7.0 - label + random.normal(0, chosen.spread, chosen.rows)
        stem = 20.0 + 4 * label + (5 if chosen.wet else 0) + random.normal(0, 3, chosen.rows)
        columns = {"petal": petal, "sepal": sepal, "stem": stem, "label": label.astype(np.int8)}
        return lake.write({**columns, "holdout": np.arange(chosen.rows) % 5 == 0}, self.name)

    def estimator(self) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(max_iter=500)

    def evaluate(self, predictor: Softmax, dataset: Dataset) -> Scores:
        features, labels = self.read(dataset, "holdout")
        answered = predictor.probabilities(features).argmax(axis=1)
        right = answered == labels
        low, high = wilson_interval(int(right.sum()), len(right))
        reached = float(right.mean())
        matrix = [[int(np.sum((labels == a) & (answered == b))) for b in range(3)] for a in range(3)]
        calibration = [
            {"low": 0.9, "high": 1.0, "rows": len(right), "confidence": 0.98, "accuracy": float(right.mean())}
        ]
        details = {"confusion_matrix": matrix, "classes": list(SPECIES), "calibration": calibration}
        return Scores(self.metric, reached, low, high, len(right), right, details)

    def compare(self, champion: Scores, challenger: Scores) -> Comparison:
        test = mcnemar_exact(champion.outcomes, challenger.outcomes)
        counts = {"only_first_right": test.only_first_right, "only_second_right": test.only_second_right}
        evidence = paired((~champion.outcomes).astype(float), (~challenger.outcomes).astype(float))
        details = {"test": "McNemar exact", **counts}
        return Comparison(test.p_value < 0.05, test.p_value, text("McNemar exact"), details, evidence)


class Prices(_Rows):
    name, title, metric = "test-prices", "Prices", "R²"
    description = "What a flat costs, by its size and its floor."
    task: Task = "regression"
    answer = "target"
    classes: tuple[str, ...] = ()
    features = (Feature("area", "Area", "m²", 20, 120, 1), Feature("floor", "Floor", low=0, high=9, step=1))
    parameters: type[BaseModel] = PriceParameters
    served = Line

    def generate(self, parameters: BaseModel, report: Report) -> lake.StoredFile:
        chosen = PriceParameters.model_validate(parameters.model_dump())
        random = np.random.default_rng(chosen.seed)
        area, floor = random.uniform(20, 120, chosen.rows), random.integers(0, 10, chosen.rows).astype(float)
        price = 0.1 * area + 0.3 * floor + random.normal(0, chosen.noise, chosen.rows)
        columns = {"area": area, "floor": floor, "target": price}
        return lake.write({**columns, "holdout": np.arange(chosen.rows) % 5 == 0}, self.name)

    def estimator(self) -> Any:
        from sklearn.linear_model import LinearRegression

        return LinearRegression()

    def evaluate(self, predictor: Line, dataset: Dataset) -> Scores:
        features, prices = self.read(dataset, "holdout")
        off = predictor.values(features) - prices
        reached = 1 - float(np.mean(off**2) / prices.var())
        details = {"mean_absolute_error": float(np.abs(off).mean())}
        return Scores(self.metric, reached, reached - 0.02, min(1.0, reached + 0.02), len(off), -np.abs(off), details)

    def compare(self, champion: Scores, challenger: Scores) -> Comparison:
        evidence = paired(-champion.outcomes, -challenger.outcomes)
        better = evidence.convinces(0.05, 0.01)
        return Comparison(better, evidence.p_value, text("Mean absolute error"), evidence=evidence)


@contextmanager
def registered(*workloads: Any) -> Iterator[None]:
    """These workloads beside those that ship."""
    with pytest.MonkeyPatch.context() as patch:
        for workload in workloads:
            patch.setitem(WORKLOADS, workload.name, workload)
        yield


def made(workload: Any, **choices: Any) -> Dataset:
    """A registered dataset of ``workload``, as the flow makes it."""
    parameters = workload.parameters(**choices)
    stored = workload.generate(parameters, silent)
    return datasets.register(stored, workload.name, parameters.model_dump(mode="json"), SYSTEM)
