"""Confirmation dialogs, and actions whose refusal is shown as a message."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.auth.passwords import PasswordRefusedError
from core.auth.roles import Actor
from core.auth.tokens import TokenRefusedError
from core.auth.users import UserError
from core.ui.shell.formats import plain
from core.ui.shell.guard import acting
from core.ui.shell.messages import explained, note

REASON_LENGTH = 200
"""Characters of a reason that a user types."""


def attempt(action: Callable[[Actor], None], refusals: tuple[type[Exception], ...] = ()) -> bool:
    """Run ``action`` as the logged-in user; a refusal is shown on the page and False is returned.

    ``refusals`` are further exceptions whose text is meant for users.
    """
    expected: tuple[type[Exception], ...] = (UserError, PasswordRefusedError, TokenRefusedError, *refusals)
    try:
        with explained():
            action(acting())
    except expected as error:
        st.error(plain(str(error)))
        return False
    return True


@st.dialog("Are you sure?")
def confirm(
    question: str,
    label: str,
    action: Callable[[Actor], None],
    done: str,
    refusals: tuple[type[Exception], ...] = (),
) -> None:
    """A dialog with ``question`` (Markdown) and a button ``label``; ``done`` is shown after ``action`` succeeded."""
    st.write(question)
    with st.container(horizontal=True):
        agreed = st.button(label, type="primary", key="btn_confirm")
        if st.button("Cancel", key="btn_cancel"):
            st.rerun()
    if agreed and attempt(action, refusals):
        note(done)
        st.rerun()


@st.dialog("Are you sure?")
def confirm_with_reason(
    question: str,
    label: str,
    action: Callable[[Actor, str], None],
    done: str,
    refusals: tuple[type[Exception], ...] = (),
) -> None:
    """As :func:`confirm`, for an action that gets a reason; without one nothing happens."""
    st.write(question)
    with st.form("reason", border=False):
        why = st.text_input("Reason", key="reason", max_chars=REASON_LENGTH, placeholder="Why now?").strip()
        with st.container(horizontal=True):
            agreed = st.form_submit_button(label, type="primary", key="btn_confirm")
            cancelled = st.form_submit_button("Cancel", key="btn_cancel")
    if cancelled:
        st.rerun()
    if agreed and not why:
        st.error("Give a reason: others will read it on the timeline and in the audit log.")
    elif agreed and attempt(lambda who: action(who, why), refusals):
        note(done)
        st.rerun()
