"""Flows."""

import streamlit as st

from core.auth.roles import Role
from core.ui.flows.deployment_cards import deployments
from core.ui.flows.exercise import exercise
from core.ui.flows.flow_run import run_page
from core.ui.flows.flow_runs import recent_runs
from core.ui.flows.flow_server import flow_server
from core.ui.flows.run_form import run_form
from core.ui.shell.guard import guard

actor = guard(Role.VIEWER)

st.title("Flows")
st.write("Prefect deployments, schedules and runs.")
if run_id := st.query_params.get("run"):
    run_page(actor, run_id)
else:
    run_form()
    flow_server()
    deployments(actor)
    exercise()
    recent_runs()
