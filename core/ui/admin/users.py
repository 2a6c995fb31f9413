"""Admin, Users: accounts and roles."""

from __future__ import annotations

import streamlit as st

from core.auth import users
from core.auth.passwords import generate_password
from core.auth.roles import Actor, Role
from core.auth.users import Account
from core.ui.admin import one_time_secret
from core.ui.shell.confirm import attempt, confirm
from core.ui.shell.formats import moment, plain
from core.ui.shell.messages import empty, note

_PLACE = "users"
_ROLES = {
    "viewer": "viewer: can view and predict",
    "editor": "editor: can also create data and train",
    "admin": "admin: can also promote, roll back, manage users and tokens",
}
_GENERATE, _TYPE = "Generate one and show it once", "Enter one"


def tab(actor: Actor) -> None:
    """The list, a form for a new user, and a form to change one."""
    accounts = users.list_users()
    with st.container():  # always one block: the expanders below would close when they move
        one_time_secret.show(_PLACE)
        st.dataframe([_row(account) for account in accounts], hide_index=True)
        if len(accounts) == 1:
            empty("You are the only user. Add more users below.", icon=":material/group_add:")
    with st.expander("Add a user", icon=":material/person_add:"):
        _add_form()
    with st.expander("Change a user", icon=":material/manage_accounts:"):
        _change(actor, accounts)


def _row(account: Account) -> dict[str, str]:
    return {
        "Username": account.username,
        "Name": account.name,
        "Role": account.role.value,
        "State": "disabled" if account.disabled else "enabled",
        "Last login": moment(account.last_login_at) if account.last_login_at else "never",
        "Since": moment(account.created_at),
    }


def _add_form() -> None:
    with st.form("add_user", border=False):
        username = st.text_input("Username", max_chars=64, autocomplete="off", key="new_username")
        name = st.text_input("Full name", max_chars=128, autocomplete="off", key="new_name")
        role = _role_field("new_role", Role.VIEWER)
        password = _password_fields("new")
        submitted = st.form_submit_button("Add user", type="primary")
    if submitted and attempt(lambda actor: _add(actor, username, name, role, password)):
        st.rerun()


def _add(actor: Actor, username: str, name: str, role: Role, typed: str | None) -> None:
    password = generate_password() if typed is None else typed
    account = users.add_user(actor, username, name, role, password)
    note(f"User {plain(account.username)} added.")
    if typed is None:
        one_time_secret.keep(_PLACE, f"The password of **{plain(account.username)}**:", password)


def _change(actor: Actor, accounts: list[Account]) -> None:
    by_name = {account.username: account for account in accounts}
    chosen = st.selectbox("User", list(by_name), key="changed_user")
    account = by_name[chosen]
    with st.form(f"role_{chosen}", border=False):
        role = _role_field(f"changed_role_{chosen}", account.role)
        if st.form_submit_button("Change role") and attempt(lambda who: users.set_role(who, chosen, role)):
            note(f"{plain(chosen)} now has the {role.value} role and has to log in again.")
            st.rerun()
    with st.container(horizontal=True):
        if st.button("Reset password", icon=":material/key:", key="btn_reset_password"):
            _reset_dialog(chosen)
        _disable_button(actor, account)


def _disable_button(actor: Actor, account: Account) -> None:
    name = plain(account.username)
    if account.disabled:
        if st.button("Enable", icon=":material/lock_open:", key="btn_enable") and attempt(
            lambda who: users.set_disabled(who, account.username, False)
        ):
            note(f"{name} can log in again.")
            st.rerun()
    elif st.button("Disable", icon=":material/block:", key="btn_disable"):
        yourself = " This is your own account: you will be logged out." if account.username == actor.username else ""
        confirm(
            f"**{name}** is logged out everywhere and cannot log in until enabled again.{yourself}",
            "Disable",
            lambda who: users.set_disabled(who, account.username, True),
            f"User {name} disabled.",
        )


@st.dialog("Reset the password")
def _reset_dialog(username: str) -> None:
    st.write(f"**{plain(username)}** is logged out everywhere and needs the new password to log in.")
    with st.form("reset_password", border=False):
        typed = _password_fields("reset")
        submitted = st.form_submit_button("Set new password", type="primary")
    if submitted and attempt(lambda actor: _reset(actor, username, typed)):
        st.rerun()


def _reset(actor: Actor, username: str, typed: str | None) -> None:
    password = generate_password() if typed is None else typed
    users.set_password(actor, username, password)
    note(f"{plain(username)} has a new password.")
    if typed is None:
        one_time_secret.keep(_PLACE, f"The new password of **{plain(username)}**:", password)


def _role_field(key: str, current: Role) -> Role:
    values = [role.value for role in Role]
    chosen = st.selectbox("Role", values, index=current.rank, format_func=_ROLES.__getitem__, key=key)
    return Role(chosen)


def _password_fields(key: str) -> str | None:
    """The entered password, or None for a generated one."""
    way = st.radio("Password", [_GENERATE, _TYPE], key=f"{key}_way")
    typed = st.text_input("Password (if entered)", type="password", autocomplete="new-password", key=f"{key}_password")
    return typed if way == _TYPE else None
