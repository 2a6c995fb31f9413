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
_SENT_BACK = "_shifumi_sent_back"


def guard(role: Role = Role.VIEWER) -> Actor:
    """Who asks for this page. Ends the run here when nobody is logged in or their role is too low."""
    _send_through_app()
    with explained():
        actor = session.current_actor()
        if actor is None:
            login_form()
            st.stop()
        require(actor, role)
    return actor


def acting() -> Actor:
    """Who acts, asked anew: for fragments, dialogs and callbacks, which run without the guard of their page.

    The actor that :func:`guard` returned there may be hours old. Raises ``ForbiddenError`` when nobody is logged
    in any more.
    """
    actor = session.current_actor()
    if actor is None:
        raise ForbiddenError("You are not logged in any more. Reload the page and log in again.")
    return actor


@contextmanager
def inside_app() -> Iterator[None]:
    """Around everything that ``app.py`` does: tells the guards that the page was reached the right way."""
    st.session_state.pop(_SENT_BACK, None)
    token = _inside_app.set(True)
    try:
        yield
    finally:
        _inside_app.reset(token)


def _send_through_app() -> None:
    """On a cold server Streamlit runs ``pages/*.py`` by address, around ``app.py``: turn back to it.

    Registering the pages switches that old behaviour off for the whole process, and the rerun then begins at
    ``app.py``, which keeps the address. Only once: a page that is itself the main script has no ``app.py``.
    """
    if not _inside_app.get() and _SENT_BACK not in st.session_state:
        st.session_state[_SENT_BACK] = True
        navigate(None)
        st.rerun()
