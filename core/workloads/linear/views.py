"""Views of linear data for pages: preview of parameters, a dataset, a prediction. Pure data and Plotly."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import cos, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from core.catalog.tables import Dataset
from core.config.numbers import percent, score, size
from core.storage import lake
from core.workloads.base import Champion, Metric, Note, View
from core.workloads.charts import GREEN, GREY
from core.workloads.linear.data import FEATURES
from core.workloads.linear.forecast import DataForecast, forecast
from core.workloads.linear.plane_charts import Box, Line, points, probability
from core.workloads.linear.preview import (
    BYTES_PER_ROW,
    Columns,
    ExpectedCheck,
    best_accuracy,
    differences,
    expected_check,
    sample,
)
from core.workloads.linear.workload import LinearParameters

_PREVIEWED, _DRAWN = 500, 800
_MAP: Box = (-4.0, 4.0)


def preview(choices: LinearParameters, champion: Champion | None) -> View:
    """Points as they would be generated, the boundaries, and the expected result of the next check."""
    lines = _lines(choices, champion)
    seen = _outlook(choices, champion) if champion else None
    best = best_accuracy(choices)
    label = f"Champion v{champion.version}" if champion else "Champion"
    metrics = (
        Metric("Best accuracy", score(best), "No straight line can do better."),
        Metric(label, score(seen.accuracy) if seen else "–", "Its accuracy on a sample of such points."),
        Metric("On disk", size(choices.rows * BYTES_PER_ROW)),
    )
    alt = f"{_PREVIEWED} points of the chosen data in two colours, with {' and '.join(line.label for line in lines)}."
    figure = points(sample(choices, _PREVIEWED), lines, box_of(choices))
    notes = (_note(_prospect(choices, champion, seen, best)),) if champion and seen else ()
    return View(figure, alt, metrics, notes)


def dataset_view(dataset: Dataset, champion: Champion | None) -> View:
    """A sample of the dataset with its boundary and the champion's. Raises :class:`core.storage.lake.LakeError`."""
    parameters = LinearParameters.model_validate(dataset.parameters)
    figure = points(_sample(dataset.path), _lines(parameters, champion), box_of(parameters))
    return View(figure, f"A sample of dataset {dataset.id} with its boundary.")


def prediction_view(champion: Champion, row: Mapping[str, float]) -> View:
    """The map of the champion's probability with the selected point."""
    point = (row[FEATURES[0]], row[FEATURES[1]])

    def of_class_1(features: NDArray[np.float64]) -> NDArray[np.float64]:
        answered: NDArray[np.float64] = champion.predictor.probabilities(features)[:, 1]
        return answered

    figure = probability(of_class_1, [champion_boundary(champion)], point, _MAP)
    here = float(of_class_1(np.array([point]))[0])
    return View(figure, f"The point lies where class 1 has probability {percent(here)}.")


def true_boundary(parameters: LinearParameters) -> Line:
    """The line that separates the true labels."""
    normal = radians(parameters.angle)
    return Line("true boundary", cos(normal), sin(normal), -parameters.offset, GREY, "dash")


def champion_boundary(champion: Champion) -> Line:
    """The decision boundary of a model."""
    model = champion.predictor
    return Line(f"champion v{champion.version}", model.w1, model.w2, model.bias, GREEN)


def box_of(parameters: LinearParameters) -> Box:
    """A square that contains nearly all points."""
    reach = round(3.5 * sqrt(1 + parameters.noise**2), 1)
    return -reach, reach


def _lines(parameters: LinearParameters, champion: Champion | None) -> list[Line]:
    return [true_boundary(parameters), *([champion_boundary(champion)] if champion else [])]


def _outlook(choices: LinearParameters, champion: Champion) -> ExpectedCheck:
    return expected_check(champion.predictor, sample(choices), _reference(champion.dataset))


def _prospect(choices: LinearParameters, champion: Champion, seen: ExpectedCheck, best: float) -> DataForecast:
    trained_on = champion.dataset
    differ = differences(trained_on.parameters, choices) if trained_on else []
    return forecast(champion.version, differ, seen, best)


_ICONS = {
    "hopeless": ":material/blur_on:",
    "far": ":material/trending_down:",
    "near": ":material/trending_flat:",
    "same": ":material/check:",
}


def _note(expected: DataForecast) -> Note:
    kind = expected.kind
    return Note("warning" if kind in {"hopeless", "far"} else "info", f"{_ICONS[kind]} {expected.text}")


def _reference(dataset: Dataset | None) -> Columns | None:
    """A sample of a dataset's training rows, or None when it is missing."""
    if dataset is None:
        return None
    try:
        return _training_sample(dataset.path)
    except (lake.DatasetMissingError, lake.LakeUnreachableError):
        return None


# A dataset's file is named by its content: the same path is the same data for ever, and nothing here grows old.
@lru_cache(maxsize=4)
def _training_sample(path: str) -> Columns:
    return lake.read(path, FEATURES, "NOT holdout", limit=4_000)


@lru_cache(maxsize=8)
def _sample(path: str) -> Columns:
    return lake.read(path, [*FEATURES, "label"], limit=_DRAWN)
