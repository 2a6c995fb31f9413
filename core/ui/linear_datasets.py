"""Datasets, Linear: what there is, a closer look at one, delete."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from core import datasets, lake
from core.auth.roles import Actor, Role
from core.catalog.tables import Dataset
from core.ui import charts
from core.ui.confirm import confirm
from core.ui.formats import moment, percent, plain, size
from core.ui.linear_generator import box_of, champion_boundary, true_boundary
from core.ui.messages import empty, explained
from core.ui.models import champion_with_predictor
from core.workloads.linear import LinearParameters
from core.workloads.linear_data import FEATURES
from core.workloads.linear_preview import Columns

_DRAWN = 800


def listing(actor: Actor) -> None:
    """The table of datasets and the details of a chosen one."""
    with explained():
        listed = datasets.listed("linear")
    st.subheader("Datasets")
    if not listed:
        empty("No dataset yet. Choose above, then press **Generate**: the defaults will do.")
        return
    st.dataframe(
        [_row(dataset) for dataset in listed],
        hide_index=True,
        column_config={
            "rows": st.column_config.NumberColumn(format="localized"),
            "made at": st.column_config.DatetimeColumn(
                format="YYYY-MM-DD HH:mm:ss", timezone=st.context.timezone or "UTC"
            ),
        },
        height="content" if len(listed) <= 8 else 320,
        alt=f"{len(listed)} datasets with their size, parameters, maker and time.",
    )
    chosen = st.selectbox(
        "Look closer at",
        listed,
        format_func=lambda item: f"Dataset {item.id} · {item.rows:,} rows",
        key=f"linear_look_{listed[0].id}",  # a new dataset makes a new widget, which shows it
    )
    if chosen is not None:
        _details(actor, chosen)


def _row(dataset: Dataset) -> dict[str, Any]:
    shown = {name: dataset.parameters.get(name) for name in ("angle", "offset", "noise", "balance", "seed")}
    return {
        "id": dataset.id,
        "rows": dataset.rows,
        "size": size(dataset.bytes),
        **shown,
        "by": dataset.created_by,
        "made at": dataset.created_at,
    }


def _details(actor: Actor, dataset: Dataset) -> None:
    with st.container(border=True, key="dataset_details"):
        st.markdown(f"**Dataset {dataset.id}** · made by {plain(dataset.created_by)} at {moment(dataset.created_at)}")
        try:
            lake.file_of(dataset.path)  # what is cached below would hide that it is gone
            drawn, counts = _sample(dataset.path), _counts(dataset.path)
        except lake.DatasetMissingError as error:
            st.error(plain(str(error)), icon=":material/error:")
        else:
            _picture(dataset, drawn, counts)
        _delete_button(actor, dataset)


def _picture(dataset: Dataset, drawn: Columns, counts: dict[str, tuple[int, int]]) -> None:
    parameters = LinearParameters.model_validate(dataset.parameters)
    lines = [true_boundary(parameters)]
    if found := champion_with_predictor("linear"):
        lines.append(champion_boundary(*found))
    cloud, facts = st.columns((3, 2), gap="large")
    with cloud:
        figure = charts.points(drawn, lines, box_of(parameters))
        charts.show(figure, "dataset_points", f"A sample of dataset {dataset.id} with its boundary.")
    with facts:
        ones = sum(of_class_1 for _, of_class_1 in counts.values())
        holdout = sum(counts["holdout"])
        st.metric("Class 1", percent(ones / dataset.rows), help="Its share of all rows.")
        st.metric("Holdout", f"{holdout:,} rows", help="Kept out of training; models are measured on it.")
        charts.show(
            charts.split_bars(counts),
            "dataset_counts",
            "; ".join(f"{name}: {zero:,} of class 0, {one:,} of class 1" for name, (zero, one) in counts.items()),
        )
        st.caption(f"SHA-256 {dataset.sha256[:16]}… · {size(dataset.bytes)}")


def _delete_button(actor: Actor, dataset: Dataset) -> None:
    allowed = actor.role.rank >= Role.EDITOR.rank
    text = None if allowed else "Deleting needs the role editor."
    if st.button("Delete", icon=":material/delete:", key="btn_delete_dataset", disabled=not allowed, help=text):
        confirm(
            f"Delete dataset {dataset.id} with its {dataset.rows:,} rows? Models trained on it stay, but drift "
            "against it can no longer be judged.",
            "Delete it",
            lambda who: datasets.delete(who, dataset.id),
            f"Dataset {dataset.id} is deleted.",
            (datasets.DatasetInUseError, LookupError),
        )


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
