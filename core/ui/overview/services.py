"""The health of every service, live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from core.config.settings import get_settings
from core.monitoring.health import ComponentState, component_states
from core.monitoring.health_sampler import is_starting
from core.ui.shell.formats import ago, plain
from core.ui.shell.links import from_browser

_EVERY_S = 5.0

_Colour = Literal["green", "blue", "red", "orange", "gray"]
_BADGES: dict[str, tuple[str, _Colour]] = {
    "healthy": (":material/check_circle:", "green"),
    "starting": (":material/hourglass:", "blue"),
    "unhealthy": (":material/error:", "red"),
    "restarting": (":material/restart_alt:", "orange"),
    "stopped": (":material/stop_circle:", "gray"),
}
_PAGE_OF = {"api": "/docs"}
"""Path of a service's web interface when it is not at its root."""


@st.fragment(run_every=_EVERY_S)
def services() -> None:
    """A tile per service, and below them what to do about unhealthy ones."""
    # The data folder is no service: it is worth a tile only when something is wrong with it.
    states = [as_shown(one) for one in cached_states() if one.name != "disk" or one.state != "healthy"]
    with st.container(horizontal=True, gap="xsmall", key="services"):
        for state in states:
            _tile(state)
    say(states)


def say(states: Sequence[ComponentState]) -> None:
    """One message about starting services, one about unhealthy ones."""
    starting = [state.label for state in states if state.state == "starting"]
    if starting:
        verb = "is" if len(starting) == 1 else "are"
        names = " and ".join(filter(None, [", ".join(starting[:-1]), starting[-1]]))
        st.info(f"{names} {verb} starting; that takes up to half a minute.", icon=_BADGES["starting"][0])
    troubles = [text for state in states if state.state != "starting" and (text := advice(state))]
    if troubles:
        st.warning("\n\n".join(troubles), icon=_BADGES["unhealthy"][0])


def as_shown(state: ComponentState) -> ComponentState:
    """On the first start the MLflow store does not exist yet: shown as starting, not as unhealthy."""
    return replace(state, state="starting", detail="") if is_starting(state) else state


def cached_states() -> list[ComponentState]:
    """What ``component_states`` says, at most three seconds old, for all readers together."""
    settings = get_settings()
    return _states(settings.data_dir.as_posix(), settings.prefect_api)


@st.cache_data(ttl=3, show_spinner=False, max_entries=4)
def _states(data_dir: str, prefect: str) -> list[ComponentState]:
    return component_states()


def advice(state: ComponentState) -> str:
    """Markdown: the problem and what to do; empty for a healthy or starting service."""
    if state.state in {"healthy", "starting"}:
        return ""
    return f"**{state.label}** is {state.state}: {plain(state.detail or 'no details')}. {state.remedy}"


def _tile(state: ComponentState) -> None:
    icon, colour = _BADGES[state.state]
    with st.container(border=True, width="stretch", height="stretch", gap="xsmall", key=f"service-{state.name}"):
        st.markdown(f"**{state.label}**")
        st.badge(state.state, icon=icon, color=colour)
        if text := _history(state):
            st.caption(text)
        if state.url and state.name != "workbench" and state.state == "healthy":
            st.page_link(
                from_browser(state.url) + _PAGE_OF.get(state.name, ""), label="Open", icon=":material/open_in_new:"
            )


def _history(state: ComponentState, now: datetime | None = None) -> str:
    parts = [f"since {ago(state.since, now or datetime.now(UTC))}" if state.since else ""]
    if state.restarts:
        parts.append(f"restarted {state.restarts}×")
    return " · ".join(filter(None, parts))
