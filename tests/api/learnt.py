"""Two more workloads on rows, as the routes see them: three classes, and a value. Their models are formulas."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.models import registry
from core.models.serving import Served
from core.workloads.base import Feature

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Nearest:
    """The more probable, the nearer the first feature is to -1, 0 or 1."""

    classes: tuple[str, ...] = ("low", "middle", "high")

    def probabilities(self, features: Rows) -> Rows:
        weights: Rows = np.exp(-((features[:, :1] - np.array([-1.0, 0.0, 1.0])) ** 2))
        return weights / weights.sum(axis=1, keepdims=True)

    def smoke(self) -> None: ...


@dataclass(frozen=True)
class Doubling:
    def values(self, features: Rows) -> Rows:
        return features[:, 0] * 2

    def smoke(self) -> None: ...


@dataclass(frozen=True)
class RowsWorkload:
    """What the routes ask of a workload."""

    name: str
    task: str
    features: tuple[Feature, ...]
    classes: tuple[str, ...]
    title: str = "A workload"
    description: str = "For the tests."
    data_kind: str = "rows"
    metric: str = "accuracy"
    has_starter: bool = False


THREE: Any = RowsWorkload(
    "three", "classification", (Feature("a", "Length", "cm", -1, 1), Feature("b"), Feature("c")), Nearest().classes
)
VALUE: Any = RowsWorkload("value", "regression", (Feature("t", unit="°C"),), ())


def served(workload: str, predictor: Any, version: int = 7) -> Served:
    known = replace(registry.starter_version(workload), version=version, dataset_id=11)
    return Served(known, predictor, datetime.now(UTC))
