"""Flows: the live list of runs; while Prefect does not respond, the jobs in the catalog."""

from __future__ import annotations

import streamlit as st

from core.config.messages import render
from core.jobs import jobs
from core.jobs.prefect_api import TERMINAL, FlowRun, PrefectRefusedError, PrefectUnavailableError
from core.ui.flows import prefect_store
from core.ui.flows.state_labels import STATES, badge, started_by
from core.ui.shell.formats import ago, duration, plain
from core.ui.shell.links import here
from core.ui.shell.messages import empty, explained

_EVERY_S = 3.0
_STEP, _MOST = 12, 180
_SHOWN = "flow_runs_shown"


@st.fragment(run_every=_EVERY_S)
def recent_runs() -> None:
    """Filters and runs, newest first."""
    st.subheader("Runs", anchor=False)
    try:
        names = {one.id: one.full_name for one, _ in prefect_store.deployments()}
        states, deployment_id = _filters(names)
        shown = st.session_state.get(_SHOWN, _STEP)
        found = prefect_store.recent_runs(states, deployment_id, shown + 1)
    except (PrefectUnavailableError, PrefectRefusedError):
        st.caption(":material/cloud_off: Shown once Prefect responds.")
        _from_catalog()
        return
    if not found:
        empty("No flow runs found. Start one above, or change the filter.")
    with st.container(gap="xsmall", key="flow-runs"):
        for run in found[:shown]:
            _row(run, names.get(run.deployment_id or "", "without a deployment"))
    if len(found) > shown and shown < _MOST:
        st.button("Show more", key="btn_more_flow_runs", type="tertiary", on_click=_more)


def _more() -> None:
    st.session_state[_SHOWN] = st.session_state.get(_SHOWN, _STEP) + 2 * _STEP


def _filters(names: dict[str, str]) -> tuple[tuple[str, ...], str | None]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.segmented_control(
            "State",
            list(STATES),
            default="All",
            required=True,
            key="flow_state",
            label_visibility="collapsed",
            wrap=True,
        )
        deployment_id = st.selectbox(
            "Deployment",
            list(names),
            index=None,
            format_func=lambda one: names.get(one, one),
            placeholder="all deployments",
            key="flow_deployment",
            label_visibility="collapsed",
            width=260,
        )
    return tuple(STATES[chosen or "All"] or ()), deployment_id


def _row(run: FlowRun, deployment: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"flow-run-{run.id}"):
        st.markdown(badge(run.state_type, run.state_name), width="content")
        here(f":primary[{plain(run.name)}]", f"open-{run.id}", run=run.id)
        st.caption(facts(run, deployment), width="content")


def facts(run: FlowRun, deployment: str) -> str:
    """One line about a run in the list."""
    begun = run.start or run.expected_start
    parts = [plain(deployment), ago(begun) if begun else "", started_by(run)]
    if run.state_type in TERMINAL and run.seconds:
        parts.append(duration(run.seconds))
    if run.run_count > 1:
        parts.append(f"{run.run_count} attempts")
    return " · ".join(filter(None, parts))


def _from_catalog() -> None:
    with explained():
        found = jobs.listed(limit=_STEP)
    if not found:
        return
    st.caption("Jobs in the catalog:")
    with st.container(gap="xsmall", key="catalog-jobs"):
        for job in found:
            state = {"submitted": "PENDING"}.get(job.state, job.state.upper())
            text = f"{plain(job.kind)}/{plain(job.workload)} · {ago(job.created_at)} by {plain(job.created_by)}"
            st.markdown(f"{badge(state, job.state)} {text} · :gray[{plain(render(job.message))}]")
