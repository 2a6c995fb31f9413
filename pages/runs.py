"""Runs."""

import streamlit as st

from core.auth.roles import Role
from core.ui.runs.run_comparison import comparison_page
from core.ui.runs.run_detail import run_page
from core.ui.runs.run_table import run_table
from core.ui.runs.run_versions import versions_and_aliases
from core.ui.shell.guard import guard

actor = guard(Role.VIEWER)

st.title("Runs")
st.write("Every training run, tracked by MLflow: parameters, metrics, artifacts and registered versions.")
if run_id := st.query_params.get("run"):
    run_page(actor, run_id)
elif compared := st.query_params.get("compare"):
    comparison_page(compared.split(","))
else:
    runs, versions = st.tabs(["Runs", "Versions"], key="view", bind="query-params", on_change="rerun")
    if runs.open:
        with runs:
            run_table(actor)
    if versions.open:
        with versions:
            versions_and_aliases()
