"""Flows: the log of a run, by level, followed while it runs, however long it is."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import streamlit as st

from core.jobs import prefect_api
from core.ui.shell.formats import moment

_PAGE = 200
_DRAWN = 600
_MOST = 10_000
_BOOK = "flow_log"
LEVELS = {"All": 0, "Info": logging.INFO, "Warning": logging.WARNING, "Error": logging.ERROR}


@dataclass
class LogBook:
    """The records of one run read so far; each reading fetches only what is new.

    Prefect hands out 200 records at a time. Full pages before the last are taken as settled.
    """

    run_id: str
    least_level: int
    settled: list[dict[str, Any]] = field(default_factory=list)
    tail: list[dict[str, Any]] = field(default_factory=list)

    @property
    def records(self) -> list[dict[str, Any]]:
        return self.settled + self.tail

    @property
    def full(self) -> bool:
        """True when the run logged more than is worth holding in memory."""
        return len(self.settled) >= _MOST

    def read(self) -> None:
        """Fetch what came since. Raises ``PrefectUnavailableError``."""
        while not self.full:
            page = prefect_api.logs(self.run_id, _PAGE, len(self.settled), self.least_level)
            if len(page) < _PAGE:
                self.tail = page
                return
            self.settled += page
            self.tail = []


def log(run_id: str) -> None:
    """Level, lines, and the whole log to keep. Raises ``PrefectUnavailableError``."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("Log", width="stretch", anchor=False)
        chosen = st.segmented_control(
            "Least level", list(LEVELS), default="All", required=True, key="log_level", label_visibility="collapsed"
        )
    book = _book(run_id, LEVELS[chosen or "All"])
    book.read()
    lines = [line(record) for record in book.records]
    if not lines:
        st.caption("Nothing logged yet." if not LEVELS[chosen or "All"] else "Nothing of this level.")
        return
    if len(lines) > _DRAWN:
        st.caption(f"The last {_DRAWN} of {len(lines):,}{' or more' if book.full else ''} lines; download holds all.")
    with st.container(height=360, border=True, autoscroll=True, key="flow-log"):
        st.code("\n".join(lines[-_DRAWN:]), language=None, wrap_lines=True)
    st.download_button(
        "Download",
        "\n".join(lines),
        file_name=f"{run_id}.log",
        mime="text/plain",
        icon=":material/download:",
        key="download_log",
        on_click="ignore",
    )


def line(record: dict[str, Any]) -> str:
    """One record as text: clock, level, message."""
    clock = moment(datetime.fromisoformat(str(record["timestamp"])))[11:]
    return f"{clock}  {logging.getLevelName(int(record['level'])):<8}{record['message']}"


def _book(run_id: str, least_level: int) -> LogBook:
    """This reader's book; another run or level begins a new one."""
    book = st.session_state.get(_BOOK)
    if not isinstance(book, LogBook) or (book.run_id, book.least_level) != (run_id, least_level):
        book = LogBook(run_id, least_level)
        st.session_state[_BOOK] = book
    return book
