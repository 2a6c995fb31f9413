"""The workload selector."""

from __future__ import annotations

import streamlit as st

from core.workloads import WORKLOADS


def workload_choice() -> str:
    """The chosen workload's name; with a single workload no selector is shown."""
    names = list(WORKLOADS)
    if len(names) == 1:
        return names[0]
    chosen = st.segmented_control(
        "Workload",
        names,
        default=names[0],
        required=True,
        format_func=lambda name: WORKLOADS[name].title,
        key="workload",
        persist_state="session",
    )
    return chosen or names[0]
