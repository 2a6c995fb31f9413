"""Datasets, Linear: what there is, and a closer look at one."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from core.auth.roles import Actor
from core.catalog.tables import Dataset
from core.storage import lake
from core.ui.datasets.dataset_list import listing
from core.ui.datasets.linear_generator import box_of, champion_boundary, true_boundary
from core.ui.shell.champion_cache import champion_with_predictor
from core.ui.shell.charts import show
from core.ui.shell.formats import percent, size
from core.workloads import charts
from core.workloads.linear.data import FEATURES
from core.workloads.linear.preview import Columns
from core.workloads.linear.workload import LinearParameters

_DRAWN = 800


def linear_datasets(actor: Actor) -> None:
    """The table of datasets and the details of a chosen one."""
    hint = "No dataset yet. Choose above, then press **Generate**: the defaults will do."
    listing(actor, "linear", hint, _choices, _picture)


def _choices(dataset: Dataset) -> dict[str, Any]:
    return {name: dataset.parameters.get(name) for name in ("angle", "offset", "noise", "balance", "seed")}


def _picture(dataset: Dataset) -> None:
    drawn, counts = _sample(dataset.path), _counts(dataset.path)
    parameters = LinearParameters.model_validate(dataset.parameters)
    lines = [true_boundary(parameters)]
    if found := champion_with_predictor("linear"):
        lines.append(champion_boundary(*found))
    cloud, facts = st.columns((3, 2), gap="large")
    with cloud:
        figure = charts.points(drawn, lines, box_of(parameters))
        show(figure, "dataset_points", f"A sample of dataset {dataset.id} with its boundary.")
    with facts:
        ones = sum(of_class_1 for _, of_class_1 in counts.values())
        holdout = sum(counts["holdout"])
        st.metric("Class 1", percent(ones / dataset.rows), help="Its share of all rows.")
        st.metric("Holdout", f"{holdout:,} rows", help="Kept out of training; models are measured on it.")
        show(
            charts.split_bars(counts),
            "dataset_counts",
            "; ".join(f"{name}: {zero:,} of class 0, {one:,} of class 1" for name, (zero, one) in counts.items()),
        )
        st.caption(f"SHA-256 {dataset.sha256[:16]}… · {size(dataset.bytes)}")


@st.cache_data(max_entries=8, show_spinner=False)
def _sample(path: str) -> Columns:
    # A dataset's file never changes, so nothing cached here grows old.
    return lake.read(path, [*FEATURES, "label"], limit=_DRAWN)


@st.cache_data(max_entries=64, show_spinner=False)
def _counts(path: str) -> dict[str, tuple[int, int]]:
    """Rows per split and class: ``{"training": (class 0, class 1), "holdout": …}``."""
    columns = lake.read(path, ["label", "holdout"])
    counted = {}
    for name, chosen in (("training", ~columns["holdout"]), ("holdout", columns["holdout"])):
        ones = int(np.count_nonzero(columns["label"][chosen]))
        counted[name] = (int(np.count_nonzero(chosen)) - ones, ones)
    return counted
