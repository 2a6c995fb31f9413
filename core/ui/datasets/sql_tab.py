"""Datasets, SQL: ask the data anything, change nothing."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.auth.roles import Actor
from core.config.settings import get_settings
from core.storage import sql
from core.storage.sql import QueryError, Result, Table
from core.ui.shell.formats import duration
from core.ui.shell.messages import empty, explained
from core.workloads import WORKLOADS
from core.workloads.sql_examples import examples

_TEXT, _EXAMPLE, _RESULT = "sql_text", "sql_example", "sql_result"
_NAMED = 12


def sql_tab(actor: Actor) -> None:
    """Examples, the query, its result, and what there is to ask."""
    with explained():
        tables = sql.tables()
    if len(tables) == 1:
        empty("There is no dataset yet: create one in a workload's tab, then query it here.")
    asking, naming = st.columns((3, 1), gap="large")
    with naming:
        _tables(tables)
    with asking:
        found = examples(WORKLOADS.values(), tables)
        st.pills("Examples", list(found), key=_EXAMPLE, on_change=_take_example, args=(found,), wrap=True)
        _form(actor)
        result = st.session_state.get(_RESULT)
        if isinstance(result, Result):
            _show(result)


def _take_example(found: Mapping[str, str]) -> None:
    if chosen := st.session_state.get(_EXAMPLE):
        st.session_state[_TEXT] = found[chosen]
        # A chip is a push, not a state: the text may be changed afterwards.
        st.session_state[_EXAMPLE] = None


def _form(actor: Actor) -> None:
    with st.form("sql", border=False):
        text = st.text_area(
            "Query",
            key=_TEXT,
            height=150,
            placeholder="SELECT … FROM …",
            persist_state="session",
            help=f"One SELECT in DuckDB's SQL; at most {get_settings().sql_max_rows:,} rows are shown. "
            "Ctrl+Enter runs it.",
        )
        submitted = st.form_submit_button("Run", type="primary", icon=":material/play_arrow:", key="btn_run_sql")
    if submitted:
        st.session_state.pop(_RESULT, None)
        try:
            with explained(), st.spinner("Running…"):
                st.session_state[_RESULT] = sql.run_query(actor, text or "")
        except QueryError as error:
            st.error("The query failed.", icon=":material/error:")
            # Preformatted: DuckDB points at the place with spaces and a caret.
            st.code(str(error), language=None, wrap_lines=True)


def _show(result: Result) -> None:
    count = len(result.rows)
    rows = f"{count:,} row{'' if count == 1 else 's'}"
    cut = f"The first {rows}; there are more." if result.truncated else f"{rows}."
    st.dataframe(result.rows, hide_index=True, key="sql_rows", alt=f"Result of the query: {cut}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{cut} {duration(result.seconds)}", width="stretch")
        st.download_button(
            "CSV",
            lambda: result.rows.to_csv(index=False),
            "query.csv",
            "text/csv",
            icon=":material/download:",
            key="btn_sql_csv",
            on_click="ignore",
            disabled=not count,
        )
    if result.truncated:
        st.info("Add LIMIT, WHERE or an aggregate.", icon=":material/content_cut:")
    if result.skipped:
        st.warning(
            f"Skipped, because the file is missing, damaged or cannot be loaded: {', '.join(result.skipped)}. "
            "`python3 manage.py doctor` shows details.",
            icon=":material/broken_image:",
        )


def _tables(tables: list[Table]) -> None:
    st.markdown("**Tables**")
    for table in tables[:_NAMED]:
        st.markdown(f"`{table.name}`  \n:small[{table.note}: {', '.join(table.columns)}]")
    if len(tables) > _NAMED:
        st.caption(f"… and {len(tables) - _NAMED} older ones; `SHOW TABLES` lists all.")
