"""Flows: the log of a run, filtered by level and updated while it runs."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import streamlit as st

from core.jobs import prefect_api
from core.ui.shell.formats import moment

_PAGE = 200
_SHOWN_LINES = 600
_MOST = 10_000
_BOOK = "flow_log"
LEVELS = {"All": 0, "Info": logging.INFO, "Warning": logging.WARNING, "Error": logging.ERROR}


@dataclass
class LogBook:
    """The records of one run read so far; each read fetches only new ones.

    Prefect returns 200 records at a time. Full pages before the last are not read again.
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
        """True when the maximum number of records to keep in memory is reached."""
        return len(self.settled) >= _MOST

    def read(self) -> None:
        """Fetch new records. Raises ``PrefectUnavailableError``."""
        while not self.full:
            page = prefect_api.logs(self.run_id, _PAGE, len(self.settled), self.least_level)
            if len(page) < _PAGE:
                self.tail = page
                return
            self.settled += page
            self.tail = []


def log(run_id: str) -> None:
    """Level filter, lines, and a download of the whole log. Raises ``PrefectUnavailableError``."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("Log", width="stretch", anchor=False)
        chosen = st.segmented_control(
            "Minimum level", list(LEVELS), default="All", required=True, key="log_level", label_visibility="collapsed"
        )
    book = _book(run_id, LEVELS[chosen or "All"])
    book.read()
    lines = [line(record) for record in book.records]
    if not lines:
        st.caption("No log records yet." if not LEVELS[chosen or "All"] else "No records of this level.")
        return
    if len(lines) > _SHOWN_LINES:
        total = f"{len(lines):,}{' or more' if book.full else ''}"
        st.caption(f"Last {_SHOWN_LINES} of {total} lines; the download has all of them.")
    with st.container(height=360, border=True, autoscroll=True, key="flow-log"):
        st.code("\n".join(lines[-_SHOWN_LINES:]), language=None, wrap_lines=True)
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
    """The log of this tab; another run or level starts a new one."""
    book = st.session_state.get(_BOOK)
    if not isinstance(book, LogBook) or (book.run_id, book.least_level) != (run_id, least_level):
        book = LogBook(run_id, least_level)
        st.session_state[_BOOK] = book
    return book
