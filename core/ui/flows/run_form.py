"""Flows: start a run with parameters of one's choice, in a dialog."""

from __future__ import annotations

import streamlit as st
from pydantic import BaseModel

from core.jobs import flow_control, job_parameters, jobs
from core.jobs.flow_control import Deployment
from core.storage import datasets
from core.ui.flows import prefect_store
from core.ui.flows.deployment_cards import ASKED, WANTED, act
from core.ui.shell.messages import explained
from core.ui.shell.parameter_form import parameter_form
from core.workloads.form_schema import initial_values


def run_form() -> None:
    """The dialog, while somebody wants it. It lies outside of the cards, which renew themselves."""
    st.session_state.pop(ASKED, None)
    wanted = st.session_state.get(WANTED)
    if wanted is None:
        return
    with prefect_store.quiet():
        for deployment, _ in prefect_store.deployments():
            model = job_parameters.parameters_of(deployment.flow, deployment.name)
            if deployment.full_name == wanted and model is not None:
                _dialog(deployment, model)


def _close() -> None:
    st.session_state.pop(WANTED, None)


@st.dialog("Run with parameters", on_dismiss=_close)
def _dialog(deployment: Deployment, model: type[BaseModel]) -> None:
    st.markdown(f"`{deployment.full_name}`")
    choices = parameter_form(model, _begun(deployment, model), f"run_{deployment.full_name}")
    with st.container(horizontal=True):
        agreed = st.button(
            "Run", type="primary", icon=":material/play_arrow:", key="btn_run_form", disabled=choices is None
        )
        if st.button("Cancel", key="btn_cancel"):
            _close()
            st.rerun()
    if agreed and choices is not None:
        sent = job_parameters.as_sent(deployment.flow, choices)
        done = f"Run of {deployment.full_name} requested."
        act(lambda who: flow_control.run_now(who, deployment, sent), done)
        _close()
        st.rerun()


def _begun(deployment: Deployment, model: type[BaseModel]) -> dict[str, object]:
    """As on Datasets: the choices behind the newest dataset with the next seed."""
    if deployment.flow != jobs.GENERATE:
        return initial_values(model)
    with explained():
        newest = datasets.listed(deployment.name, limit=1)
    return initial_values(model, newest[0].parameters if newest else None)
