"""Flows: the state of the two services that flows need."""

from __future__ import annotations

import streamlit as st

from core.ui.overview.services import cached_states, say
from core.ui.shell.links import from_browser

_EVERY_S = 5.0
_NEEDED = {"prefect", "runner"}
_COLOURS = {"healthy": "green", "starting": "blue", "restarting": "orange", "unhealthy": "red", "stopped": "gray"}


@st.fragment(run_every=_EVERY_S)
def flow_server() -> None:
    """One line while all is healthy; what to do otherwise."""
    needed = [state for state in cached_states() if state.name in _NEEDED]
    with st.container(horizontal=True, vertical_alignment="center", key="flow-server"):
        for state in needed:
            st.markdown(f"{state.label} :{_COLOURS[state.state]}-badge[{state.state}]", width="content")
            if state.url and state.state == "healthy":
                st.page_link(from_browser(state.url), label=f"Open {state.label}", icon=":material/open_in_new:")
    say(needed)
