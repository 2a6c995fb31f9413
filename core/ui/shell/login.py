"""The login form, and the account area in the sidebar."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import streamlit as st

from core.auth import session
from core.auth.passwords import PasswordRefusedError
from core.auth.throttle import LoginThrottledError
from core.auth.users import Account, LoginFailedError
from core.catalog.engine import CatalogUnavailableError
from core.ui.shell.formats import plain
from core.ui.shell.glossary import glossary_dialog
from core.ui.shell.messages import explained, note

LOGO = Path(__file__).with_name("logo.svg")
_WATCH_EVERY_S = 10.0


def login_form() -> None:
    """Ask for name and password; on success the requested page reruns."""
    with st.container(horizontal_alignment="center"), st.container(width=400):
        st.image(LOGO, width=96)
        st.title("Shifumi")
        st.write("Log in to the workbench.")
        with st.form("login"):
            username = st.text_input("Username", autocomplete="username", max_chars=64)
            password = st.text_input("Password", type="password", autocomplete="current-password")
            submitted = st.form_submit_button("Log in", type="primary", width="stretch")
        if submitted:
            _log_in(username, password)
        st.caption("Forgot your password? An admin can set a new one.")
        session.sync_cookie()


def account_box(account: Account) -> None:
    """Name and role, glossary, change of password, logout."""
    st.logo(LOGO, size="medium")
    with st.sidebar:
        st.markdown(f":material/account_circle: **{plain(account.name)}** :gray-badge[{account.role.value}]")
        with st.container(horizontal=True):
            if st.button("Password", icon=":material/key:", key="btn_password"):
                _password_dialog()
            st.button(
                "Log out",
                icon=":material/logout:",
                key="btn_logout",
                on_click=session.log_out,
            )
            if st.button("Glossary", icon=":material/menu_book:", key="btn_glossary"):
                glossary_dialog()
        _watch()
        # Last in its block: it appears and disappears, and must not move (and so reset) what follows.
        session.sync_cookie()


@st.fragment(run_every=_WATCH_EVERY_S)
def _watch() -> None:
    """Logs out an idle tab once its login session is revoked elsewhere."""
    # An unavailable catalog ends no login session; the page shows it at the next click.
    with suppress(CatalogUnavailableError):
        if session.current_account() is None:
            st.rerun()


def _log_in(username: str, password: str) -> None:
    if not username.strip() or not password:
        st.error("Enter both your username and your password.")
        return
    try:
        with explained():
            session.log_in(username, password)
    except (LoginFailedError, LoginThrottledError) as error:
        st.error(str(error))
        return
    st.rerun()


@st.dialog("Change your password")
def _password_dialog() -> None:
    with st.form("own_password", border=False):
        current = st.text_input("Current password", type="password", autocomplete="current-password")
        new = st.text_input("New password", type="password", autocomplete="new-password")
        again = st.text_input("Repeat new password", type="password", autocomplete="new-password")
        if not st.form_submit_button("Change password", type="primary"):
            return
    if new != again:
        st.error("The two new passwords differ. Enter them again.")
        return
    try:
        with explained():
            session.change_password(current, new)
    except (LoginFailedError, LoginThrottledError, PasswordRefusedError) as error:
        st.error(str(error))
        return
    note("Password changed. Your other tabs and browsers are logged out.")
    st.rerun()
