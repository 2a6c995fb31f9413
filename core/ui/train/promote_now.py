"""Train: promote the challenger that waits, without waiting."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor, Role
from core.loop import decisions
from core.models.pins import PinError
from core.models.registry import RegistryError
from core.models.serving import ModelRefusedError
from core.ui.shell.confirm import confirm_with_reason


def promote_now(actor: Actor, workload: str, version: int) -> None:
    """The button beside the sentence that says what the loop waits for; nothing below admin."""
    if actor.role.rank < Role.ADMIN.rank:
        return
    if st.button(
        "Promote now",
        icon=":material/trophy:",
        key="btn_promote_now",
        help="For when you know that the world has changed: makes the challenger champion without waiting for new "
        "data to confirm that it is better. Asks for a reason, which the timeline and the audit log keep.",
    ):
        ask(workload, version)


def ask(workload: str, version: int) -> None:
    """The dialog that asks for the reason."""
    confirm_with_reason(
        f"Promote version {version} without waiting? Nothing has confirmed yet that it is better on new data. "
        "The present champion is measured beside it from now on, and serves again if it turns out to be better.",
        "Promote",
        lambda who, why: decisions.promote_by_hand(who, workload, version, why),
        f"Version {version} is now the champion.",
        (RegistryError, ModelRefusedError, PinError),
    )
