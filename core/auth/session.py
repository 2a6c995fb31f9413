"""The login session of this browser tab.

streamlit-authenticator keeps the login state of a tab and writes the cookie. Three parts of it are
replaced: passwords are checked by ``core.auth.users`` (throttled), the cookie contains a revocable
ticket, and both are checked against the catalog on every rerun, so that a logout, a new password, a changed
role or a disabled user takes effect in every open tab.
"""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st
from streamlit_authenticator.controllers import AuthenticationController
from streamlit_authenticator.models import AuthenticationModel, CookieModel

from core.auth import users
from core.auth.roles import Actor
from core.auth.session_cookie import SessionCookie, issue, sign, verify
from core.auth.users import Account

COOKIE_NAME = "shifumi_session"

_TICKET = "_shifumi_ticket"
_COOKIE_CHANGE = "_shifumi_cookie_change"
_SET, _DELETE = "shifumi_cookie_set", "shifumi_cookie_delete"


def current_account() -> Account | None:
    """The account of this tab as it is in the catalog now, or None when nobody is logged in (any more).

    Raises ``CatalogUnavailableError``.
    """
    ticket = st.session_state.get(_TICKET)
    if isinstance(ticket, SessionCookie):
        account = users.get_user(ticket.username)
        if ticket.valid_for(account):
            return account
        _forget()
    return _resume()


def current_actor() -> Actor | None:
    """:func:`current_account` as an actor, with the role freshly read from the catalog."""
    account = current_account()
    return account.actor if account else None


def log_in(username: str, password: str) -> Account:
    """Log this tab and, through its cookie, this browser in.

    Raises ``LoginFailedError``, ``LoginThrottledError``, ``CatalogUnavailableError``.
    """
    controller = _controller()
    controller.login(username, password)
    account = users.get_user(username)
    if account is None:  # deleted between two statements
        raise users.LoginFailedError("This user has just been removed.")
    _keep(issue(account.username, account.sessions_valid_from))
    return account


def change_password(current: str, new: str) -> None:
    """Change the password of the logged-in user: other tabs and browsers are logged out, this one stays.

    Raises ``LoginFailedError``, ``LoginThrottledError``, ``PasswordRefusedError``.
    """
    actor = current_actor()
    if actor is None:
        raise users.LoginFailedError("You are no longer logged in. Log in and try again.")
    users.change_own_password(actor, current, new, source())
    account = users.get_user(actor.username)
    _keep(issue(actor.username, account.sessions_valid_from if account else None))


def log_out() -> None:
    """End all login sessions of the logged-in user: this tab, other tabs, other browsers."""
    actor = current_actor()
    if actor is not None:
        users.end_sessions(actor, actor.username)
    _forget()
    st.session_state[_COOKIE_CHANGE] = _DELETE


def sync_cookie() -> None:
    """Send a pending cookie change to the browser; call it once per script run.

    The cookie is written by JavaScript, so the element must stay on the page until the browser has
    responded: a rerun right after the login would otherwise lose it.
    """
    change = st.session_state.get(_COOKIE_CHANGE)
    if change is None:
        return
    if st.session_state.get(change):
        del st.session_state[_COOKIE_CHANGE]
        return
    browser = CookieModel(COOKIE_NAME).cookie_manager
    ticket = st.session_state.get(_TICKET)
    if change == _SET and isinstance(ticket, SessionCookie):
        browser.set(
            COOKIE_NAME,
            sign(ticket),
            key=_SET,
            # With time zone: the library's naive time is off by the offset between server and browser.
            expires_at=datetime.fromtimestamp(ticket.expires_at, UTC),
            secure=str(st.context.url or "").startswith("https:"),
            same_site="strict",
        )
    elif change == _DELETE:
        browser.cookies.setdefault(COOKIE_NAME, "")  # delete() fails for unknown cookies
        browser.delete(COOKIE_NAME, key=_DELETE)


def source() -> str:
    """The client's address, for the throttle; Streamlit returns None for this machine."""
    address = st.context.ip_address
    return address if isinstance(address, str) else "local"


class _CatalogModel(AuthenticationModel):  # type: ignore[misc]
    """The library's login, using our catalog instead of a dictionary of hashes."""

    def check_credentials(self, username: str, password: str) -> bool:
        account = users.authenticate(username, password, source())
        self.credentials["usernames"][account.username] = _credentials(account)
        return True


def _controller(account: Account | None = None) -> AuthenticationController:
    known = {"usernames": {account.username: _credentials(account)} if account else {}}
    controller = AuthenticationController(known, auto_hash=False)
    controller.authentication_model = _CatalogModel(known, auto_hash=False)
    return controller


def _credentials(account: Account) -> dict[str, object]:
    # The hash stays in the catalog; the library only needs display data.
    return {"name": account.name, "email": None, "roles": [account.role.value]}


def _resume() -> Account | None:
    """Log this tab in with the cookie that the browser sent when it connected (refresh, new tab)."""
    sealed = st.context.cookies.get(COOKIE_NAME)
    ticket = verify(sealed) if sealed else None
    account = users.get_user(ticket.username) if ticket else None
    if ticket is None or account is None or not ticket.valid_for(account):
        return None
    _controller(account).login(token={"username": account.username})
    st.session_state[_TICKET] = ticket
    return account


def _keep(ticket: SessionCookie) -> None:
    st.session_state[_TICKET] = ticket
    st.session_state[_COOKIE_CHANGE] = _SET


def _forget() -> None:
    _controller().logout()
    # Session data of pages (uploads, results) must not be visible to the next user of this tab.
    for key in list(st.session_state):
        del st.session_state[key]
