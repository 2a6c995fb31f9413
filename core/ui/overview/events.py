"""Recent events, one line each."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.loop.decisions import KEPT
from core.ui.overview.activity import Event, recent
from core.ui.overview.timeline import LOOKS
from core.ui.shell.formats import ago, plain
from core.ui.shell.links import page_link
from core.ui.shell.messages import empty

_STEP = 8
_MOST = 80
_SHOWN = "events_shown"

_WORDS = {
    "dataset.accept": (":material/verified_user:", "accepted"),
    "dataset.create": (":material/dataset:", "stored"),
    "dataset.delete": (":material/delete:", "deleted"),
    "flow.pause": (":material/pause_circle:", "schedule paused"),
    "flow.resume": (":material/play_circle:", "schedule resumed"),
    "flow.run": (":material/play_arrow:", "flow run started"),
    "flow.cancel": (":material/stop_circle:", "flow run cancelled"),
    "job.cancel": (":material/stop_circle:", "cancel requested"),
    "job.completed": (":material/check_circle:", "completed"),
    "job.cancelled": (":material/stop_circle:", "cancelled"),
    "job.failed": (":material/error:", "failed"),
    "job.crashed": (":material/error:", "crashed"),
    "model.pin": (":material/keep:", "pinned"),
    "model.unpin": (":material/keep_off:", "unpinned"),
    "token.create": (":material/key:", "token created"),
    "token.revoke": (":material/key_off:", "token revoked"),
    "user.add": (":material/person_add:", "user added"),
    "user.login": (":material/login:", "logged in"),
    "user.login-failed": (":material/gpp_maybe:", "login failed"),
    "user.logout": (":material/logout:", "logged out"),
    "user.password": (":material/password:", "password changed"),
    "user.role": (":material/badge:", "role changed"),
    "user.disable": (":material/person_off:", "user disabled"),
    "user.enable": (":material/person_check:", "user enabled"),
}


def events(actor: Actor) -> None:
    """The newest ones, more on demand."""
    st.subheader("Recent events", anchor=False)
    shown = st.session_state.get(_SHOWN, _STEP)
    found = recent(actor, shown + 1)
    if not found:
        empty("No events yet.")
        return
    with st.container(gap="xsmall", key="events"):
        for number, event in enumerate(found[:shown]):
            _line(event, number)
    if len(found) > shown and shown < _MOST:
        st.button("Show more", key="btn_more_events", type="tertiary", on_click=_more)


def _more() -> None:
    st.session_state[_SHOWN] = st.session_state.get(_SHOWN, _STEP) + 2 * _STEP


def headline(event: Event) -> str:
    """Markdown: icon, subject and outcome."""
    look = LOOKS.get(event.kind)
    if look is not None:
        icon, word = f":{look.tint}[{look.icon}]", look.label
    else:
        icon, word = _WORDS.get(event.kind, (":material/info:", event.kind))
    times = f" :gray[×{event.times}]" if event.times > 1 else ""
    return f"{icon} **{plain(event.subject)}** {word}{times}"


def _line(event: Event, number: int) -> None:
    by = f" · {plain(event.by)}" if event.by and event.by != event.subject else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"event-{number}"):
        st.markdown(headline(event), width="content")
        st.caption(f"{ago(event.at)}{by}", width="content")
        if event.flow_run_id:
            page_link("flows.py", "run", run=event.flow_run_id)
    if event.text and event.kind != KEPT:
        st.caption(plain(event.text))
