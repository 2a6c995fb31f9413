"""Request and response bodies of row predictions, as msgspec structures generated from the workload's features."""

from __future__ import annotations

from typing import Any

import msgspec

from core.workloads.base import Workload, feature_names


class PredictAnswer(msgspec.Struct):
    """Per row the class (0 or 1) and the probability of class 1; and the model.

    ``dataset_id`` is the model's training dataset. ``request_ids``: per row what ``POST /feedback`` takes, empty for
    long requests.
    """

    classes: list[int]
    probabilities: list[float]
    model: str
    version: int
    dataset_id: int
    request_ids: list[str] = []


class ClassesAnswer(msgspec.Struct):
    """Per row the most probable class and the probability of each class, in the order of ``GET /models``; and the
    model. ``request_ids``: per row what ``POST /feedback`` takes, empty for long requests.
    """

    classes: list[str]
    probabilities: list[list[float]]
    model: str
    version: int
    dataset_id: int
    request_ids: list[str] = []


class ValuesAnswer(msgspec.Struct):
    """Per row the predicted value; and the model."""

    values: list[float]
    model: str
    version: int
    dataset_id: int


def request_type(workload: Workload) -> type[msgspec.Struct]:
    """The body of a request: ``features``, one row per sample, one number per feature."""
    names = feature_names(workload)
    row: Any = tuple.__class_getitem__((float,) * len(names))
    made = msgspec.defstruct(
        f"{workload.name.title().replace('-', '').replace('_', '')}Rows",
        [("features", list.__class_getitem__(row))],
        forbid_unknown_fields=True,
    )
    made.__doc__ = f"One row per sample; each row holds, in this order: {', '.join(names)}."
    return made


def example_row(workload: Workload) -> list[float]:
    """A typical row: the middle of each feature's range."""
    return [float(f"{(feature.low + feature.high) / 2:.3g}") for feature in workload.features]


def response_type(workload: Workload) -> Any:
    """The response body of ``POST /predict/{workload}``."""
    return ValuesAnswer if workload.task == "regression" else ClassesAnswer
