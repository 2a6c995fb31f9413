"""Runs: the table of runs, its filters, and the comparison of selected runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from core.auth.roles import Actor
from core.models.registry import CHALLENGER, CHAMPION, PREVIOUS
from core.models.run_compare import is_bound
from core.models.runs import STARTED, STATUSES, Found, Query, Run
from core.ui.runs import run_store
from core.ui.runs.run_comparison import MOST, comparison
from core.ui.shell.formats import duration
from core.ui.shell.links import may_open, page_link
from core.ui.shell.messages import empty
from core.workloads import WORKLOADS, get_workload

_PAGE = 100
_LIMIT = "runs_limit"


def run_table(actor: Actor) -> None:
    """Filters, table, and below it the comparison of selected runs."""
    with run_store.explained_store():
        every = run_store.search(Query())
        if not every.runs:
            _nothing_yet(actor)
            return
        query = _filters(sorted({name for run in every.runs for name in run.metrics}))
        found = run_store.search(replace(query, limit=st.session_state.get(_LIMIT, _PAGE)))
    if not found.runs:
        empty("No MLflow runs match. Change the filter.", ":material/filter_alt_off:")
        return
    st.caption("Click a name to open a run. Select two or more rows to compare them.")
    chosen = _table(found)
    if found.more:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"First {len(found.runs)} runs; there are more.", width="stretch")
            st.button("Show more", key="btn_more_runs", type="tertiary", on_click=_more)
    if len(chosen) >= 2:
        st.subheader("Comparison", anchor=False)
        comparison(chosen[:MOST])


def _nothing_yet(actor: Actor) -> None:
    empty("No MLflow runs yet. New data starts the first training automatically.")
    if may_open(actor, "datasets.py"):
        page_link("datasets.py", "Create a dataset")


def _more() -> None:
    st.session_state[_LIMIT] = st.session_state.get(_LIMIT, _PAGE) + 2 * _PAGE


def _filters(metrics: list[str]) -> Query:
    # Filters on the left: the table's own toolbar floats over its right end.
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.popover("Filter and sort", icon=":material/tune:", key="runs_filter"):
            query = _choices(metrics)
        text = st.text_input(
            "Search",
            key="runs_text",
            type="search",
            placeholder="name, v3, champion, data.angle=70 …",
            label_visibility="collapsed",
        )
    return replace(query, text=text or "")


def _choices(metrics: list[str]) -> Query:
    workload = None
    if len(WORKLOADS) > 1:
        workload = st.selectbox("Workload", list(WORKLOADS), index=None, placeholder="any", key="runs_workload")
    status = st.selectbox("Status", STATUSES, index=None, placeholder="any", format_func=str.lower, key="runs_status")
    aliases = (CHAMPION, CHALLENGER, PREVIOUS)
    alias = st.selectbox("Alias", aliases, index=None, placeholder="any", key="runs_alias")
    metric = st.selectbox("Metric", metrics, index=None, placeholder="any", key="runs_metric")
    least = st.number_input("Minimum", value=None, step=0.01, format="%.4f", disabled=metric is None, key="runs_least")
    sort = st.selectbox("Sort by", [STARTED, *metrics], key="runs_sort")
    descending = st.toggle("Highest or newest first", value=True, key="runs_descending")
    return Query(workload, status, metric, least, alias=alias, sort=sort or STARTED, descending=descending)


def _table(found: Found) -> list[Run]:
    """Draw it and return the selected runs."""
    metrics = list(dict.fromkeys(name for run in found.runs for name in run.metrics))
    shown = [name for name in metrics if not is_bound(name, metrics)]
    # A selection is stored by row number: another list of runs must not inherit it.
    key = f"runs-{abs(hash(tuple(run.id for run in found.runs)))}"
    state = st.dataframe(
        [_row(run, shown) for run in found.runs],
        hide_index=True,
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        height="content" if len(found.runs) <= 10 else "auto",
        column_config=_columns(shown, [run.id for run in found.runs]),
        alt=f"{len(found.runs)} runs with their versions, metrics and parameters.",
    )
    return [found.runs[row] for row in state["selection"]["rows"] if row < len(found.runs)]


def _row(run: Run, metrics: list[str]) -> dict[str, Any]:
    return {
        "run": run.name,
        "version": f"v{run.versions[-1]}" if run.versions else "",
        "aliases": list(run.aliases),
        **{name: run.metrics.get(name) for name in metrics},
        "dataset": run.dataset_id,
        "status": run.status.lower(),
        "started": run.started,
        "duration": duration(run.seconds) if run.seconds is not None else "",
        **({"workload": get_workload(run.workload).title} if len(WORKLOADS) > 1 else {}),
        **run.parameters,
    }


def _columns(metrics: list[str], ids: list[str]) -> dict[str, Any]:
    numbers = {name: st.column_config.NumberColumn(format="%.4f") for name in metrics}
    return {
        **numbers,
        "run": st.column_config.ButtonColumn(
            "run", type="tertiary", key="open_run", on_click=_open, args=(ids,), pinned=True, alignment="left"
        ),
        "aliases": st.column_config.ListColumn(),
        "started": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss", timezone=st.context.timezone or "UTC"),
    }


def _open(ids: list[str]) -> None:
    click = st.session_state.get("open_run")
    if click is not None and click["row"] < len(ids):
        st.query_params.from_dict({"run": ids[click["row"]]})
