"""Admin, Notifications: the Discord webhook, and a test message."""

from __future__ import annotations

import streamlit as st

from core.auth import audit
from core.auth.roles import Actor
from core.catalog.notification_tables import Delivery
from core.config.settings import get_settings
from core.monitoring import deliveries, notify
from core.ui.shell.formats import moment
from core.ui.shell.messages import empty, explained


def tab(actor: Actor) -> None:
    """The state of the webhook, a test message, and the delivery log."""
    _webhook(actor)
    with explained():
        _log()


def _webhook(actor: Actor) -> None:
    if get_settings().discord_webhook_url is None:
        empty(
            "No webhook is configured, so nothing is sent. In Discord open the channel settings, Integrations, "
            "Webhooks, and copy the URL; add it to `.env` as `SHIFUMI_DISCORD_WEBHOOK_URL=…` and restart.",
            icon=":material/notifications_off:",
        )
        return
    st.write(
        "A webhook is configured. Messages are sent when a dataset is quarantined, when a check raises the alarm, "
        "promotes or rejects a challenger, lets one wait for more data, or rolls back (at most two per dataset), when "
        "another flow run that a user started begins or ends, and when any flow run fails or is cancelled. Nothing is "
        "sent for checks that keep the champion, nor for promotions and rollbacks by users."
    )
    if st.button("Send a test message", icon=":material/send:", key="btn_notify_test"):
        _test(actor)


def _log() -> None:
    """What was sent when, newest first."""
    st.subheader("Delivery log", anchor=False)
    found = deliveries.latest()
    if not found:
        st.caption("No message has been sent yet.")
        return
    st.dataframe([_row(one) for one in found], hide_index=True, alt=f"The last {len(found)} messages to Discord.")


def _row(one: Delivery) -> dict[str, object]:
    return {
        "Time": moment(one.at),
        "Message": one.title,
        "About": one.about or "–",
        "Result": one.problem or "delivered",
        "HTTP": "–" if one.status is None else str(one.status),
        "Retries": max(one.attempts - 1, 0),
    }


def _test(actor: Actor) -> None:
    notify.forget_failures()
    sent = notify.send_discord_embed(
        "Test message from Shifumi",
        "Sent from the Admin page. Notifications work.",
        notify.BLUE,
        {"Sent by": actor.username},
    )
    audit.record_event(actor, "notify.test", sent=sent)
    if sent:
        st.success("Sent. Check the Discord channel.", icon=":material/check_circle:")
    else:
        st.error(
            "Discord did not accept the message. Check `SHIFUMI_DISCORD_WEBHOOK_URL` and the connection; "
            "see `data/logs/workbench.jsonl` for the reason.",
            icon=":material/error:",
        )
