"""Datasets, images: the classes that people create, where a workload has none of its own."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.auth.roles import Actor, Role
from core.images import labels
from core.ui.shell.formats import counted, plain
from core.ui.shell.guard import acting
from core.ui.shell.messages import explained, note
from core.workloads import get_workload
from core.workloads.base import UserLabels


def own_labels(actor: Actor, workload: str) -> None:
    """What there is to choose from on Label, and how to change it; open while a class is missing."""
    learnt = get_workload(workload)
    if not (isinstance(learnt, UserLabels) and learnt.own_labels):
        return
    with explained():
        uses = labels.usage_counts(workload)
    title = f"Classes: {', '.join(plain(name) for name in uses)}" if uses else "Create classes first"
    with st.expander(title, expanded=len(uses) < 2, icon=":material/label:", key="own_labels"):
        allowed = actor.role.rank >= Role.EDITOR.rank
        _add(workload, allowed)
        for name, number in uses.items():
            _row(workload, name, number, allowed)
        if not allowed:
            st.caption(":material/lock: Requires the editor role.")


def _add(workload: str, allowed: bool) -> None:
    with st.form("own_labels_new", clear_on_submit=True, border=False):
        name = st.text_input("New class", max_chars=labels.LONGEST, key="own_label_name", disabled=not allowed)
        if st.form_submit_button("Add", icon=":material/add:", key="btn_own_label_add", disabled=not allowed):
            _change(lambda: labels.add(acting(), workload, name), "Class added: {}.")


def _row(workload: str, name: str, number: int, allowed: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        new = st.text_input(
            f"{plain(name)}, {counted(number, 'image')}",
            name,
            max_chars=labels.LONGEST,
            key=f"own_label_{workload}_{name}",
            disabled=not allowed,
        )
        if st.button("Rename", key=f"btn_own_label_rename_{name}", disabled=not allowed or new == name):
            _change(lambda: labels.rename(acting(), workload, name, new), "Renamed to {}.")
        if st.button(
            "Remove",
            key=f"btn_own_label_remove_{name}",
            disabled=not allowed or number > 0,
            help="Images have this class: relabel or delete them first." if number else None,
        ):
            _change(lambda: labels.remove(acting(), workload, name), f"Class removed: {plain(name)}.")


def _change(change: Callable[[], str | None], told: str) -> None:
    try:
        with explained():
            name = change()
    except (labels.LabelError, LookupError) as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    note(told.format(plain(name or "")))
    st.rerun()
