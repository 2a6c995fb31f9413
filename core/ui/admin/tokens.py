"""Admin, API tokens: access to the prediction API."""

from __future__ import annotations

import streamlit as st

from core.auth import tokens
from core.auth.roles import Actor
from core.catalog.tables import ApiToken, utcnow
from core.config.settings import get_settings
from core.ui.admin import one_time_secret
from core.ui.shell.confirm import attempt, confirm
from core.ui.shell.formats import moment, plain
from core.ui.shell.messages import empty

_PLACE = "keys"
_LIFETIMES: dict[str, float | None] = {"7 days": 7, "30 days": 30, "90 days": 90, "1 year": 365, "no expiry": None}


def tab() -> None:
    """A form for a new token, the list, and revoking."""
    with st.container():  # keeps its position: the expander would close when it moves
        one_time_secret.show(_PLACE)
    with st.expander("Create a token", icon=":material/add:"):
        _create_form()
    listed = tokens.list_tokens()
    if not listed:
        address = f"{get_settings().sidecar_public_url}/predict"
        empty(f"No tokens yet. Programs need one to request predictions at {address}.")
        return
    st.dataframe([_row(token) for token in listed], hide_index=True)
    _revoke([token for token in listed if token.revoked_at is None])


def _create_form() -> None:
    with st.form("create_token", border=False):
        name = st.text_input("Token name", max_chars=64, placeholder="nightly batch", key="token_name")
        scopes = st.multiselect("Scopes", sorted(tokens.SCOPES), default=["predict"], key="token_scopes")
        lifetime = st.selectbox("Valid for", list(_LIFETIMES), index=2, key="token_lifetime")
        submitted = st.form_submit_button("Create token", type="primary")
    if submitted and attempt(lambda actor: _create(actor, name, scopes, _LIFETIMES[lifetime])):
        st.rerun()


def _create(actor: Actor, name: str, scopes: list[str], days: float | None) -> None:
    value, token = tokens.create_token(actor, name, scopes, days)
    address = f"{get_settings().sidecar_public_url}/predict"
    text = f"Token **{plain(token.name)}**. Send it in the header `Authorization: Bearer …` to `{address}`."
    one_time_secret.keep(_PLACE, text, value)


def _revoke(alive: list[ApiToken]) -> None:
    if not alive:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Token", alive, format_func=lambda token: f"{token.name} ({token.prefix}…)", key="token")
        if st.button("Revoke", icon=":material/block:", key="btn_revoke"):
            confirm(
                f"Requests with **{plain(chosen.name)}** are rejected within a second. This cannot be undone.",
                "Revoke",
                lambda actor: tokens.revoke_token(actor, chosen.id),
                f"Token {plain(chosen.name)} revoked.",
            )


def _row(token: ApiToken) -> dict[str, str]:
    return {
        "Name": token.name,
        "Prefix": f"{token.prefix}…",
        "State": _state(token),
        "Scopes": ", ".join(token.scopes),
        "Expires": moment(token.expires_at) if token.expires_at else "no expiry",
        "Last used": moment(token.last_used_at) if token.last_used_at else "never",
        "Created by": token.created_by,
        "Created": moment(token.created_at),
    }


def _state(token: ApiToken) -> str:
    if token.revoked_at:
        return "revoked"
    return "expired" if token.expires_at and token.expires_at <= utcnow() else "valid"
