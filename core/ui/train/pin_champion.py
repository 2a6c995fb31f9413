"""Train: the pin of a champion, shown to everybody; admins set and lift it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from core.auth.roles import Actor, Role
from core.catalog.tables import Pin
from core.models import pins
from core.models.registry import RegistryError
from core.ui.shell import glossary
from core.ui.shell.confirm import attempt
from core.ui.shell.formats import browser_zone, day, plain
from core.ui.shell.messages import explained, note

_SPANS = {"1 day": timedelta(days=1), "1 week": timedelta(weeks=1), "1 month": timedelta(days=30)}
_DATE = "a date"
_REFUSALS = (pins.PinError, RegistryError)


def pin_champion(actor: Actor, workload: str) -> None:
    """Whether the champion is pinned, by whom and why; for admins the way to pin and unpin it."""
    with explained():
        held = pins.active(workload)
    if held is not None:
        st.markdown(f":material/keep: Pinned until {day(held.until)} by {plain(held.by)}: {plain(held.reason)}")
    if actor.role.rank < Role.ADMIN.rank:
        return
    if held is None:
        _form(workload)
    else:
        _lift(workload, held)


def _form(workload: str) -> None:
    with st.popover("Pin", icon=":material/keep:", help=glossary.TERMS["pin"], key="pin_popover"):
        reason = st.text_input("Reason for the pin", max_chars=pins.REASON_LENGTH, key="pin_reason")
        span = st.selectbox("Pinned for", [*_SPANS, _DATE], index=1, key="pin_span")
        tomorrow = datetime.now(browser_zone()).date() + timedelta(days=1)
        last = st.date_input("Last day", tomorrow, min_value=tomorrow, key="pin_last") if span == _DATE else None
        if st.button("Pin the champion", icon=":material/keep:", key="btn_pin") and attempt(
            lambda who: _pin(who, workload, reason, _end(span, last)), _REFUSALS
        ):
            note("The champion is pinned.")
            st.rerun()


def _pin(actor: Actor, workload: str, reason: str, until: datetime) -> None:
    pins.pin(actor, workload, reason, until)


def _end(span: str, last: date | None) -> datetime:
    """``last`` is the last whole day, in the reader's time zone."""
    if last is None:
        return datetime.now(UTC) + _SPANS[span]
    return datetime.combine(last + timedelta(days=1), time(), browser_zone())


def _lift(workload: str, held: Pin) -> None:
    if st.button(
        "Unpin",
        icon=":material/keep_off:",
        key="btn_unpin",
        help=f"The next dataset may replace v{held.version} again.",
    ) and attempt(lambda who: pins.unpin(who, workload), _REFUSALS):
        note("The champion is no longer pinned.")
        st.rerun()
