"""Datasets of rows: what there is, and a closer look at one."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from core.auth.roles import Actor
from core.catalog.tables import Dataset
from core.ui.datasets.dataset_list import listing
from core.ui.shell.charts import show
from core.ui.shell.formats import size
from core.ui.shell.views import champion_to_draw, show_metrics, show_view
from core.workloads import get_workload
from core.workloads.base import DatasetViews, Workload
from core.workloads.form_schema import fields_of
from core.workloads.row_views import features_view, split_view


def row_datasets(actor: Actor, workload: str) -> None:
    """The table of datasets and the details of a chosen one."""
    learnt = get_workload(workload)
    hint = "No dataset yet. Press **Generate** above; the defaults are fine."
    listing(actor, workload, hint, partial(_choices, learnt), partial(_picture, learnt))


def _choices(learnt: Workload, dataset: Dataset) -> dict[str, Any]:
    """The parameters of a dataset, without the number of rows, which has a column already."""
    names = [field.name for field in fields_of(learnt.parameters) if field.name != "rows"]
    return {name: _cell(dataset.parameters.get(name)) for name in names}


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _picture(learnt: Workload, dataset: Dataset) -> None:
    """Raises :class:`core.storage.lake.LakeError`."""
    cloud, facts = st.columns((3, 2), gap="large")
    with cloud:
        if isinstance(learnt, DatasetViews):
            view = learnt.dataset_view(dataset, champion_to_draw(learnt.name))
        else:
            view = features_view(learnt, dataset)
        show_view(view, "dataset_points")
    with facts:
        counted = split_view(learnt, dataset)
        show_metrics(counted.metrics)
        if counted.figure is not None:
            show(counted.figure, "dataset_counts", counted.alt)
        st.caption(f"SHA-256 {dataset.sha256[:16]}… · {size(dataset.bytes)}")
