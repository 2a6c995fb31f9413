"""Flows: deployments, their next runs, and the buttons to run, pause and resume."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.auth.roles import Actor, ForbiddenError, Role
from core.catalog.engine import CatalogUnavailableError
from core.jobs import flow_control
from core.jobs.flow_control import NEEDS_INPUT, Deployment
from core.jobs.job_parameters import parameters_of
from core.jobs.jobs import JobBusyError
from core.jobs.prefect_api import PrefectRefusedError, PrefectUnavailableError
from core.ui.flows import prefect_store
from core.ui.flows.state_labels import ABOUT, span
from core.ui.shell.formats import plain
from core.ui.shell.guard import acting
from core.ui.shell.links import here, page_link
from core.ui.shell.messages import empty

_EVERY_S = 4.0
_MESSAGE, _MESSAGE_FOR_S = "flows_message", 15.0
WANTED, ASKED = "flows_form_wanted", "flows_form_asked"
"""Per tab: the deployment whose form is open, and whether the page has yet to open it."""


@st.fragment(run_every=_EVERY_S)
def deployments(actor: Actor) -> None:
    """A card per deployment; editors get its buttons."""
    # A container that is always there: otherwise the cards below would move and be redrawn.
    _show_message(st.container(key="flows-message"))
    if st.session_state.pop(ASKED, False):
        st.rerun()  # the dialog belongs to the page: inside a fragment that reruns it would close again
    with prefect_store.quiet():
        found = prefect_store.deployments()
        if not found:
            empty("No deployments yet. The flow runner registers them when it starts.")
        for start in range(0, len(found), 2):
            for place, (deployment, due) in zip(st.columns(2), found[start : start + 2], strict=False):
                with place, st.container(border=True, height="stretch", key=f"deployment-{deployment.full_name}"):
                    _card(actor, deployment, due)


def _card(actor: Actor, deployment: Deployment, due: datetime | None) -> None:
    st.markdown(f"**{plain(deployment.flow)}** · {plain(deployment.name)} {_badges(deployment)}")
    st.caption(ABOUT.get(deployment.flow) or plain(deployment.description))
    if line := timing(deployment, due):
        st.caption(f":material/schedule: {line}")
    if deployment.flow in NEEDS_INPUT:
        page_link("predict.py", "Upload a file")
        return
    if actor.role.rank >= Role.EDITOR.rank:
        _buttons(deployment)


def _badges(deployment: Deployment) -> str:
    if not deployment.ready:
        return ":orange-badge[:material/cloud_off: no runner]"
    if deployment.paused:
        return ":orange-badge[:material/pause: paused]"
    return ":green-badge[scheduled]" if deployment.scheduled else ":gray-badge[on demand]"


def timing(deployment: Deployment, due: datetime | None, now: datetime | None = None) -> str:
    """Interval and next run."""
    if not deployment.scheduled:
        return ""
    often = f"every {span(deployment.every.total_seconds())}" if deployment.every else deployment.other_schedule
    if deployment.paused:
        return f"{often}, once resumed"
    if due is None:
        return f"{often}; next run not scheduled yet"
    left = (due - (now or datetime.now(UTC))).total_seconds()
    return f"{often}, next in {span(left)}" if left > 0 else f"{often}, due now"


def _buttons(deployment: Deployment) -> None:
    name = deployment.full_name
    with st.container(horizontal=True):
        st.button("Run now", icon=":material/play_arrow:", key=f"run-{name}", on_click=_run, args=(deployment,))
        if parameters_of(deployment.flow, deployment.name) is not None:
            st.button(
                "Run with parameters", icon=":material/tune:", key=f"form-{name}", on_click=_want_form, args=(name,)
            )
        if not deployment.scheduled:
            return
        if deployment.paused:
            label, icon, paused = "Resume", ":material/play_circle:", False
        else:
            label, icon, paused = "Pause", ":material/pause_circle:", True
        st.button(label, icon=icon, key=f"pause-{name}", on_click=_pause, args=(deployment, paused))


def _want_form(name: str) -> None:
    st.session_state[WANTED], st.session_state[ASKED] = name, True


def _run(deployment: Deployment) -> None:
    act(lambda who: flow_control.run_now(who, deployment), f"Run of {deployment.full_name} requested.")


def _pause(deployment: Deployment, paused: bool) -> None:
    done = f"{deployment.full_name} is {'paused' if paused else 'running on schedule again'}."
    act(lambda who: flow_control.set_paused(who, deployment, paused), done)


def act(action: Callable[[Actor], str | None], done: str) -> None:
    """Run an action and keep its message for the next script run: for callbacks and dialogs."""
    refusals = (ForbiddenError, JobBusyError, PrefectUnavailableError, PrefectRefusedError, ValueError)
    try:
        run_id = action(acting())
    except (*refusals, CatalogUnavailableError) as error:
        st.session_state[_MESSAGE] = (datetime.now(UTC), False, str(error), None)
        return
    prefect_store.clear_cache()
    st.session_state[_MESSAGE] = (datetime.now(UTC), True, done, run_id)


def _show_message(place: DeltaGenerator) -> None:
    """The result of the last click, for a while: this fragment reruns and would lose it."""
    at, well, text, run_id = st.session_state.get(_MESSAGE) or (None, True, "", None)
    if at is None or (datetime.now(UTC) - at).total_seconds() > _MESSAGE_FOR_S:
        return
    with place:
        if well:
            st.success(plain(text), icon=":material/check_circle:")
        else:
            st.warning(plain(text), icon=":material/block:")
        if run_id:
            here("Open run", "btn_watch", ":material/visibility:", run=run_id)
