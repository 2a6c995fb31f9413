"""Train: from a decision to the runs in MLflow and Prefect that it came from."""

from __future__ import annotations

import streamlit as st

from core.catalog.tables import Decision
from core.models.registry import RegistryError
from core.ui.shell.champion_cache import versions
from core.ui.shell.links import page_link


def decision_links(decision: Decision) -> None:
    """The versions' training runs, and the flow run that decided; nothing for what is not known."""
    found = _runs(decision)
    if not found and not decision.flow_run_id:
        return
    with st.container(horizontal=True):
        for number, run in found:
            page_link("runs.py", f"MLflow run of v{number}", run=run)
        if decision.flow_run_id:
            page_link("flows.py", "Prefect run", run=decision.flow_run_id)


def _runs(decision: Decision) -> list[tuple[int, str]]:
    try:
        known = {one.version: one.run_id for one in versions(decision.workload)}
    except RegistryError:
        return []  # the page says elsewhere that the registry does not respond
    chosen = (decision.champion_version, decision.challenger_version)
    return [(number, run) for number in chosen if number is not None and (run := known.get(number))]
