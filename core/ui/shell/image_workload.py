"""Which workload on images Label and Live are about."""

from __future__ import annotations

import streamlit as st

from core.ui.shell.messages import empty
from core.workloads import of_kind

_KEY = "image_workload"


def image_workload_choice(wanted: str | None = None) -> str:
    """The chosen workload's name; with one there is nothing to choose, and nothing is shown.

    ``wanted`` is chosen when it is one of them. Without any workload on images the page says so and ends here.
    """
    titles = {workload.name: workload.title for workload in of_kind("images")}
    if not titles:
        empty("There is no workload on images.", ":material/image_not_supported:")
        st.stop()
    names = list(titles)
    if len(names) == 1:
        return names[0]
    if wanted in titles:
        st.session_state[_KEY] = wanted
    chosen = st.segmented_control(
        "Workload",
        names,
        default=names[0],
        required=True,
        format_func=titles.__getitem__,
        key=_KEY,
        persist_state="session",
    )
    return chosen or names[0]
