"""What any dataset of rows shows by itself."""

from __future__ import annotations

import numpy as np
import pytest

from core.storage import lake
from core.workloads import get_workload
from core.workloads.row_views import columns_of, features_view, split_view
from tests.learning import make_dataset
from tests.small_workloads import Flowers, Prices, made, registered


def test_the_counts_are_those_of_the_file() -> None:
    dataset = make_dataset(seed=1, balance=0.3)
    view = split_view(get_workload("linear"), dataset)
    columns = lake.read(dataset.path, ["label", "holdout"])
    shown = {trace.name: list(trace.x) for trace in view.figure.data}
    for place, name in enumerate(("class 0", "class 1")):
        of_class = columns["label"] == place
        assert shown[name] == [np.sum(of_class & ~columns["holdout"]), np.sum(of_class & columns["holdout"])]
    share = f"{100 * columns['label'].mean():.1f} %"
    assert [(one.label, one.value) for one in view.metrics] == [
        ("Class 1", share),
        ("Holdout", f"{columns['holdout'].sum()} rows"),
    ]
    assert "of class 1" in view.alt


@pytest.mark.parametrize(("features", "kind"), [(1, "histogram"), (2, "scatter"), (3, "splom")])
def test_the_picture_fits_the_number_of_features(features: int, kind: str) -> None:
    workload = Flowers()
    with registered(workload):
        dataset = made(workload)
    workload.features = workload.features[:features]  # type: ignore[misc]
    view = features_view(workload, dataset)
    assert {trace.type for trace in view.figure.data} == {kind}
    assert [trace.name for trace in view.figure.data] == ["Aster", "Bellis", "Crocus"]
    drawn = {"histogram": "x", "scatter": "x"}.get(kind)
    if drawn:
        assert sum(len(trace[drawn]) for trace in view.figure.data) == 600


def test_labels_may_be_the_names_themselves() -> None:
    workload = Flowers()
    label = np.array(["Crocus", "Aster", "Crocus"] * 40)
    numbers = {name: np.arange(120.0) for name in ("petal", "sepal", "stem")}
    stored = lake.write({**numbers, "label": label, "holdout": np.arange(120) % 4 == 0}, workload.name)
    with registered(workload):
        dataset = made(workload)
    dataset.path, dataset.rows = stored.path, 120
    shown = {trace.name: sum(trace.x) for trace in split_view(workload, dataset).figure.data}
    assert shown == {"Aster": 40, "Bellis": 0, "Crocus": 80}


def test_a_regression_shows_its_target() -> None:
    workload = Prices()
    with registered(workload):
        dataset = made(workload)
    assert columns_of(workload, dataset).answer == "target"
    view = split_view(workload, dataset)
    prices = lake.read(dataset.path, ["target"])["target"]
    assert view.metrics[0].value == f"{prices.mean():.4g}"
    assert sum(len(trace.x) for trace in view.figure.data) == 500
    assert len(features_view(workload, dataset).figure.data) == 2


def test_a_file_that_is_gone_is_told() -> None:
    dataset = make_dataset(seed=1)
    lake.delete(dataset.path)
    with pytest.raises(lake.DatasetMissingError):
        features_view(get_workload("linear"), dataset)
