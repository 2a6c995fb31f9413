"""Ways in which a dataset of rows goes wrong, and datasets of the linear workload that went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.auth.roles import SYSTEM
from core.catalog.tables import Dataset
from core.storage import datasets, lake
from core.workloads.linear.data import generate_columns
from core.workloads.rows.contract_rows import Rows

Columns = dict[str, NDArray[Any]]
Arrays = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]
"""Features, answers and holdout."""


def rows_of(arrays: Arrays) -> Rows:
    return Rows.of(*arrays)


def labels_exchanged(arrays: Arrays) -> Arrays:
    """Every class is called as the next one."""
    features, labels, held = arrays
    return features, (labels + 1) % (labels.max() + 1), held


def signs_turned(arrays: Arrays) -> Arrays:
    features, answers, held = arrays
    return -features, answers, held


def half_of_class_1_called_0(arrays: Arrays) -> Arrays:
    features, labels, held = arrays
    places = np.flatnonzero(labels == 1)
    wrong = np.random.default_rng(3).choice(places, len(places) // 2, replace=False)
    return features, np.where(np.isin(np.arange(len(labels)), wrong), 0.0, labels), held


def first_feature_times_100(arrays: Arrays) -> Arrays:
    features, answers, held = arrays
    return features * np.array([100.0, *[1.0] * (features.shape[1] - 1)]), answers, held


def first_feature_moved(arrays: Arrays) -> Arrays:
    """As from degrees Celsius to Kelvin."""
    features, answers, held = arrays
    return features + np.array([273.15, *[0.0] * (features.shape[1] - 1)]), answers, held


def first_feature_constant(arrays: Arrays) -> Arrays:
    features, answers, held = arrays
    return features * np.array([0.0, *[1.0] * (features.shape[1] - 1)]), answers, held


def one_class_only(arrays: Arrays) -> Arrays:
    features, answers, held = arrays
    return features, np.zeros_like(answers), held


def with_missing_values(arrays: Arrays) -> Arrays:
    features, answers, held = arrays
    holes = features.copy()
    holes[:5, -1] = np.nan
    return holes, answers, held


def with_an_infinite_value(arrays: Arrays) -> Arrays:
    features, answers, held = arrays
    holes = features.copy()
    holes[7, 0] = np.inf
    return holes, answers, held


def with_unknown_labels(arrays: Arrays) -> Arrays:
    features, answers, held = arrays
    return features, np.where(np.arange(len(answers)) < 3, 9.0, answers), held


def mostly_copies(arrays: Arrays) -> Arrays:
    """A fifth of the rows, five times each."""
    few = np.arange(len(arrays[1])) % (len(arrays[1]) // 5)
    return arrays[0][few], arrays[1][few], arrays[2]


BAD: dict[str, Callable[[Arrays], Arrays]] = {
    one.__name__: one
    for one in (
        labels_exchanged,
        signs_turned,
        half_of_class_1_called_0,
        first_feature_times_100,
        first_feature_moved,
        first_feature_constant,
        one_class_only,
        with_missing_values,
        with_an_infinite_value,
        with_unknown_labels,
        mostly_copies,
    )
}


def linear(rows: int, seed: int, angle: float = 45, noise: float = 0.2, balance: float = 0.5) -> Arrays:
    """What the linear workload generates."""
    made = generate_columns(rows=rows, noise=noise, balance=balance, angle=angle, offset=0.0, seed=seed)
    return np.column_stack([made["x1"], made["x2"]]), made["label"].astype(np.float64), made["holdout"]


def make_bad_dataset(kind: str, rows: int = 2_000, seed: int = 50) -> Dataset:
    """A registered dataset of the linear workload that went wrong, as an import could bring one."""
    features, answers, held = BAD[kind](linear(rows, seed))
    columns: Columns = {"x1": features[:, 0], "x2": features[:, 1], "label": answers.astype(np.int8), "holdout": held}
    chosen = {"rows": rows, "seed": seed}
    return datasets.register(lake.write(columns, "linear"), "linear", chosen, SYSTEM)
