"""The tabs of Datasets: one per workload, and SQL over all of them."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.ui.datasets.generator import generator
from core.ui.datasets.images.images_tab import images_tab
from core.ui.datasets.row_datasets import row_datasets
from core.ui.datasets.sql_tab import sql_tab
from core.workloads import WORKLOADS


def dataset_tabs(actor: Actor) -> None:
    """Each tab is built when it is open, and only then."""
    names = list(WORKLOADS)
    titles = [WORKLOADS[name].title for name in names]
    *places, sql = st.tabs([*titles, "SQL"], key="datasets_tab", on_change="rerun")
    for name, place in zip(names, places, strict=True):
        if place.open:
            with place:
                _workload_tab(actor, name)
    if sql.open:
        with sql:
            sql_tab(actor)


def _workload_tab(actor: Actor, workload: str) -> None:
    if WORKLOADS[workload].data_kind == "rows":
        generator(actor, workload)
        row_datasets(actor, workload)
    else:
        images_tab(actor, workload)
