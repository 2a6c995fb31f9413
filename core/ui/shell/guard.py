"""The guard: the first line of every page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from core.auth import session
from core.auth.roles import Actor, ForbiddenError, Role, require
from core.ui.shell.login import login_form
from core.ui.shell.messages import explained
from core.ui.shell.navigation import navigate

_inside_app: ContextVar[bool] = ContextVar("inside_app", default=False)
_RERUN_DONE = "_shifumi_sent_back"


def guard(role: Role = Role.VIEWER) -> Actor:
    """The logged-in user. Stops the script when nobody is logged in or the role is too low."""
    _send_through_app()
    with explained():
        actor = session.current_actor()
        if actor is None:
            login_form()
            st.stop()
        require(actor, role)
    return actor


def acting() -> Actor:
    """The user logged in right now: for fragments, dialogs and callbacks, which run without their page's guard.

    The actor that :func:`guard` returned may be hours old. Raises ``ForbiddenError`` when nobody is logged in
    any more.
    """
    actor = session.current_actor()
    if actor is None:
        raise ForbiddenError("You are no longer logged in. Reload the page and log in again.")
    return actor


@contextmanager
def inside_app() -> Iterator[None]:
    """Wraps everything that ``app.py`` does: marks the page as reached through ``app.py``."""
    st.session_state.pop(_RERUN_DONE, None)
    token = _inside_app.set(True)
    try:
        yield
    finally:
        _inside_app.reset(token)


def _send_through_app() -> None:
    """On a cold server Streamlit runs ``pages/*.py`` by address, bypassing ``app.py``: rerun through it.

    Registering the pages switches this behaviour off for the whole process, and the rerun then starts at
    ``app.py``, which keeps the address. Only once: a page that is itself the main script has no ``app.py``.
    """
    if not _inside_app.get() and _RERUN_DONE not in st.session_state:
        st.session_state[_RERUN_DONE] = True
        navigate(None)
        st.rerun()
