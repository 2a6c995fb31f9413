"""Default views of any dataset of rows: rows per split and class, and a chart of its features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.catalog.tables import Dataset
from core.config.numbers import percent
from core.storage import lake
from core.workloads.base import Metric, View, Workload
from core.workloads.charts import BLUE, GREY, class_title, colour_of, split_bars
from core.workloads.features import names_of
from core.workloads.row_charts import MOST_FEATURES, against_target, by_class, target_histogram

HOLDOUT = "holdout"
_DRAWN, _OF_TARGET = 800, 20_000
_SPLITS = {"training": "NOT holdout", HOLDOUT: "holdout"}


@dataclass(frozen=True, slots=True)
class RowColumns:
    """The columns of a dataset's file: ``answer`` is the target (None: not found), ``split`` whether it has a
    holdout.
    """

    features: tuple[str, ...]
    answer: str | None
    split: bool


def columns_of(workload: Workload, dataset: Dataset) -> RowColumns:
    """Read from the file. Raises :class:`core.storage.lake.LakeError`."""
    import pyarrow.parquet as pq

    names = pq.read_schema(lake.file_of(dataset.path)).names
    known = names_of(workload.features)
    others = [name for name in names if name not in {*known, HOLDOUT}]
    usual = next((name for name in ("label", "target") if name in others), None)
    answer = usual or (others[0] if len(others) == 1 else None)
    return RowColumns(tuple(name for name in known if name in names), answer, HOLDOUT in names)


def features_view(workload: Workload, dataset: Dataset) -> View:
    """A chart of a sample of the rows. Raises :class:`core.storage.lake.LakeError`."""
    columns = columns_of(workload, dataset)
    if not columns.features or columns.answer is None:
        return View()
    shown = columns.features[:MOST_FEATURES]
    sample = _read(dataset.path, (*shown, columns.answer), "TRUE", _DRAWN)
    titles = {feature.name: feature.label for feature in workload.features if feature.name in shown}
    words = ", ".join(titles.values())
    if workload.task == "regression":
        figure = against_target(sample, titles, columns.answer)
        return View(figure, f"A sample of dataset {dataset.id}: {columns.answer} over {words}.")
    names = [class_title(label) for label in workload.classes]
    figure = by_class(sample, titles, _places(sample[columns.answer], workload.classes), names)
    return View(figure, f"A sample of dataset {dataset.id}, coloured by class: {words}.")


def split_view(workload: Workload, dataset: Dataset) -> View:
    """The number of rows per split, by class, or the distribution of the target.

    Raises :class:`core.storage.lake.LakeError`.
    """
    columns = columns_of(workload, dataset)
    if columns.answer is None or not columns.split:
        return View()
    if workload.task == "regression":
        return _target_view(dataset, columns.answer, workload.unit)
    return _class_view(dataset, columns.answer, workload)


def _class_view(dataset: Dataset, answer: str, workload: Workload) -> View:
    classes = workload.classes
    counts = _counts(dataset.path, answer, tuple(classes))
    names = [class_title(label) for label in classes]
    metrics = [_holdout(sum(counts[HOLDOUT]), workload.unit)]
    if len(classes) == 2:
        share = sum(split[1] for split in counts.values()) / dataset.rows
        title = f"{names[1][0].upper()}{names[1][1:]}"
        metrics.insert(0, Metric(title, percent(share), "Its share of all rows."))
    said = (
        ", ".join(f"{count:,} of {name}" for count, name in zip(split, names, strict=True)) for split in counts.values()
    )
    alt = "; ".join(f"{name}: {words}" for name, words in zip(counts, said, strict=True))
    colours = [colour_of(place) for place in range(len(names))]
    return View(split_bars(counts, colours, names), alt, tuple(metrics))


def _target_view(dataset: Dataset, answer: str, unit: str) -> View:
    values = {name: _read(dataset.path, (answer,), where, _OF_TARGET)[answer] for name, where in _SPLITS.items()}
    everything = np.concatenate(list(values.values()))
    metrics = (
        Metric(f"Mean {answer}", f"{everything.mean():.4g}"),
        Metric("Spread", f"{everything.std():.3g}", "Standard deviation."),
        _holdout(_held_out(dataset.path), unit),
    )
    alt = f"{answer} lies between {everything.min():.4g} and {everything.max():.4g}."
    return View(target_histogram(values, (BLUE, GREY), answer), alt, metrics)


def _spoken(parts: Sequence[int], names: Sequence[str]) -> str:
    return ", ".join(f"{count:,} of {name}" for count, name in zip(parts, names, strict=True))


def _holdout(rows: int, unit: str) -> Metric:
    return Metric("Holdout", f"{rows:,} {unit}", "Never used for training; models are evaluated on it.")


# A dataset's file never changes, so nothing cached here grows old.
@lru_cache(maxsize=16)
def _read(path: str, columns: tuple[str, ...], where: str, limit: int) -> dict[str, NDArray[Any]]:
    return lake.read(path, columns, where, limit=limit)


@lru_cache(maxsize=64)
def _held_out(path: str) -> int:
    return int(np.count_nonzero(lake.read(path, [HOLDOUT])[HOLDOUT]))


@lru_cache(maxsize=64)
def _counts(path: str, answer: str, classes: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """Rows per split and class."""
    counted = {}
    for name, where in _SPLITS.items():
        places = _places(lake.read(path, [answer], where)[answer], classes)
        counted[name] = tuple(int(np.count_nonzero(places == place)) for place in range(len(classes)))
    return counted


def _places(labels: NDArray[Any], classes: Sequence[str]) -> NDArray[np.int64]:
    """Labels as indices into ``classes``, -1 for unknown ones: files contain either the indices or the labels."""
    if np.issubdtype(labels.dtype, np.number) or labels.dtype == bool:
        return labels.astype(np.int64)
    known = {label: place for place, label in enumerate(classes)}
    return np.array([known.get(str(label), -1) for label in labels], dtype=np.int64)
