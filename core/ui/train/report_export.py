"""Train: the evidence report, written on request and then offered as two files."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.reporting.report import Report, export
from core.ui.shell.confirm import attempt
from core.ui.shell.formats import size

_MADE = "_report_made"
_KINDS = {
    "html": ("HTML", "text/html", ":material/html:"),
    "pdf": ("PDF", "application/pdf", ":material/picture_as_pdf:"),
}


def report_export(workload: str) -> None:
    """A button that writes the report, and the downloads once it is written."""
    st.subheader("Evidence report", anchor=False)
    st.caption(
        "Data, models, decisions with their figures, and checksums in one file that can be read without Shifumi. The "
        "audit log keeps who exported it."
    )
    with st.container(horizontal=True):
        if st.button("Export report", icon=":material/summarize:", key="btn_report"):
            with st.spinner("Writing the report", show_time=True):
                attempt(lambda who: _write(who, workload))
        made = st.session_state.get(_MADE)
        if made is not None and made[0] == workload:
            _downloads(made[1])


def _write(who: Actor, workload: str) -> None:
    st.session_state[_MADE] = (workload, export(who, workload))


def _downloads(report: Report) -> None:
    for kind, content in report.files.items():
        title, mime, icon = _KINDS[kind]
        st.download_button(
            f"{title}, {size(len(content))}",
            content,
            file_name=f"{report.name}.{kind}",
            mime=mime,
            icon=icon,
            key=f"report_{kind}",
            on_click="ignore",
        )
