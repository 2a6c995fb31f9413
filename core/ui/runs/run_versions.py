"""Runs: registered versions of each workload, and their aliases."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.models.registry import Version
from core.models.runs import Query, Run
from core.ui.runs import run_store
from core.ui.shell.links import page_link
from core.ui.shell.messages import empty
from core.workloads import WORKLOADS, get_workload

_MEANING = {
    "champion": "serves predictions",
    "previous": "the champion before; a rollback restores it",
    "challenger": "the last one trained; not promoted",
}


def versions_and_aliases() -> None:
    """One section per workload. Promotion and rollback are on Train."""
    with run_store.explained_store():
        for name in WORKLOADS:
            _section(name, run_store.versions(name))


def _section(name: str, listed: list[Version]) -> None:
    workload = get_workload(name)
    if len(WORKLOADS) > 1:
        st.subheader(workload.title, anchor=False)
    if not listed:
        empty(f"{workload.title}: no versions yet. Each training registers one.")
        return
    for alias, meaning in _MEANING.items():
        holder = next((version for version in listed if alias in version.aliases), None)
        held = f"**v{holder.version}**" if holder else ":gray[none]"
        st.markdown(f":{'green' if alias == 'champion' else 'gray'}-badge[{alias}] {held} :gray[· {meaning}]")
    by_id = {run.id: run for run in run_store.search(Query(workload=name, limit=1000)).runs}
    ids = [version.run_id for version in listed]
    st.dataframe(
        [_row(version, by_id.get(version.run_id), workload.metric) for version in listed],
        hide_index=True,
        height="content" if len(listed) <= 12 else 460,
        column_config=_columns(name, workload.metric, ids),
        alt=f"{len(listed)} versions with aliases, metrics and runs.",
    )
    page_link("train.py", "Promote or roll back")


def _row(version: Version, run: Run | None, metric: str) -> dict[str, Any]:
    return {
        "version": f"v{version.version}",
        "aliases": list(version.aliases),
        metric: run.metrics.get(metric) if run else None,
        "trained on": version.dataset_id or None,
        "trained at": version.created_at,
        "SHA-256 of the exported model": version.sha256,
        "fingerprint": version.fingerprint,
    }


def _columns(name: str, metric: str, ids: list[str]) -> dict[str, Any]:
    key = f"open_version_{name}"
    return {
        "version": st.column_config.ButtonColumn(
            "version", type="tertiary", key=key, on_click=_open, args=(key, ids), pinned=True
        ),
        "aliases": st.column_config.ListColumn(),
        metric: st.column_config.NumberColumn(format="%.4f", help="On the holdout of its own dataset."),
        "trained on": st.column_config.NumberColumn("dataset"),
        "trained at": st.column_config.DatetimeColumn(
            format="YYYY-MM-DD HH:mm:ss", timezone=st.context.timezone or "UTC"
        ),
    }


def _open(key: str, ids: list[str]) -> None:
    click = st.session_state.get(key)
    if click is not None and click["row"] < len(ids):
        st.query_params.from_dict({"run": ids[click["row"]]})
