"""The guard: the first line of every page."""

from __future__ import annotations

from threading import Event

import streamlit as st

from core.auth import session
from core.auth.roles import Actor, Role, require
from core.ui.login import login_form
from core.ui.messages import explained
from core.ui.navigation import navigate

_app_ran = Event()


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


def entering_app() -> None:
    """``app.py`` says that it has run in this process."""
    _app_ran.set()


def _send_through_app() -> None:
    """On a cold server Streamlit runs ``pages/*.py`` by address, around ``app.py``: turn back to it.

    Registering the pages switches that old behaviour off for good, and the rerun then begins at ``app.py``,
    which keeps the address.
    """
    if not _app_ran.is_set():
        entering_app()
        navigate(None)
        st.rerun()
