"""Datasets: what there is of a workload, a closer look at one, delete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core.auth.roles import Actor, Role
from core.catalog.tables import Dataset
from core.storage import datasets, lake
from core.ui.datasets.quarantine import STATUS, quarantine, status_badge
from core.ui.shell.confirm import confirm
from core.ui.shell.formats import moment, plain, size
from core.ui.shell.messages import empty, explained
from core.workloads import get_workload

Facts = Callable[[Dataset], Mapping[str, Any]]
"""Further columns of the table."""


def listing(actor: Actor, workload: str, hint: str, facts: Facts, picture: Callable[[Dataset], None]) -> None:
    """The table of datasets and the details of a chosen one; ``picture`` draws what is inside.

    ``hint`` is the next step while there is none. ``picture`` may raise ``DatasetMissingError``.
    """
    with explained():
        listed = datasets.listed(workload)
    st.subheader("Datasets")
    if not listed:
        empty(hint)
        return
    unit = get_workload(workload).unit
    st.dataframe(
        [_row(dataset, unit, facts) for dataset in listed],
        hide_index=True,
        column_config={
            unit: st.column_config.NumberColumn(format="localized"),
            "created": st.column_config.DatetimeColumn(
                format="YYYY-MM-DD HH:mm:ss", timezone=st.context.timezone or "UTC"
            ),
        },
        height="content" if len(listed) <= 8 else 320,
        alt=f"{len(listed)} datasets with their size, parameters, creator and time.",
    )
    chosen = st.selectbox(
        "Details of",
        listed,
        format_func=lambda item: f"Dataset {item.id} · {item.rows:,} {unit}{_mark(item)}",
        key=f"{workload}_look_{listed[0].id}",  # a new dataset makes a new widget, which shows it
    )
    if chosen is not None:
        _details(actor, chosen, unit, picture)


def _mark(dataset: Dataset) -> str:
    return f" · {STATUS[dataset.status]}" if dataset.status == datasets.QUARANTINED else ""


def _row(dataset: Dataset, unit: str, facts: Facts) -> dict[str, Any]:
    return {
        "id": dataset.id,
        unit: dataset.rows,
        "status": STATUS[dataset.status],
        "size": size(dataset.bytes),
        **facts(dataset),
        "by": dataset.created_by,
        "created": dataset.created_at,
    }


def _details(actor: Actor, dataset: Dataset, unit: str, picture: Callable[[Dataset], None]) -> None:
    with st.container(border=True, key="dataset_details"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**Dataset {dataset.id}** · created by {plain(dataset.created_by)} at {moment(dataset.created_at)}",
                width="content",
            )
            status_badge(dataset)
        quarantine(actor, dataset)
        try:
            lake.file_of(dataset.path)  # what pages cache would hide that it is gone
            picture(dataset)
        except (lake.DatasetMissingError, lake.LakeUnreachableError) as error:
            st.error(plain(str(error)), icon=":material/error:")
        _delete_button(actor, dataset, unit)


def _delete_button(actor: Actor, dataset: Dataset, unit: str) -> None:
    allowed = actor.role.rank >= Role.EDITOR.rank
    text = None if allowed else "Requires the editor role."
    if st.button("Delete", icon=":material/delete:", key="btn_delete_dataset", disabled=not allowed, help=text):
        confirm(
            f"Delete dataset {dataset.id} with its {dataset.rows:,} {unit}? Models trained on it stay, but drift "
            "against it can no longer be measured.",
            "Delete it",
            lambda who: datasets.delete(who, dataset.id),
            f"Dataset {dataset.id} is deleted.",
            (datasets.DatasetInUseError, LookupError),
        )
