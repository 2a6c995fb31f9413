"""Admin, Notifications: the Discord webhook, and a test message."""

from __future__ import annotations

import streamlit as st

from core.auth import audit
from core.auth.roles import Actor
from core.config.settings import get_settings
from core.monitoring import notify
from core.ui.shell.messages import empty


def tab(actor: Actor) -> None:
    """The state of the webhook and a test message."""
    if get_settings().discord_webhook_url is None:
        empty(
            "No webhook is configured, so nothing is sent. In Discord open the channel settings, Integrations, "
            "Webhooks, and copy the URL; add it to `.env` as `SHIFUMI_DISCORD_WEBHOOK_URL=…` and restart.",
            icon=":material/notifications_off:",
        )
        return
    st.write(
        "A webhook is configured. Messages are sent when a flow run that a user started begins or ends, when any flow "
        "run fails or is cancelled, and when a check raises the alarm, promotes or rejects a challenger, lets one wait "
        "for more data, or rolls back. Nothing is sent for checks that keep the champion, nor for promotions and "
        "rollbacks by users."
    )
    if st.button("Send a test message", icon=":material/send:", key="btn_notify_test"):
        _test(actor)


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
