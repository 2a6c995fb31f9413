"""Admin, Notifications: is Discord told, and does it listen?"""

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
            "No webhook is set, so nothing is sent. In Discord: channel settings, Integrations, Webhooks, copy the "
            "address; put it into `.env` as `SHIFUMI_DISCORD_WEBHOOK_URL=…` and start again.",
            icon=":material/notifications_off:",
        )
        return
    st.write("A webhook is set. Flows tell it when they start, end, fail or find drift.")
    if st.button("Send a test", icon=":material/send:", key="btn_notify_test"):
        _test(actor)


def _test(actor: Actor) -> None:
    notify.forget_failures()
    sent = notify.send_discord_embed(
        "Shifumi says hello",
        "A test from the Admin page. Notifications work.",
        notify.BLUE,
        {"Asked for by": actor.username},
    )
    audit.record_event(actor, "notify.test", sent=sent)
    if sent:
        st.success("Discord took it. Look into the channel.", icon=":material/check_circle:")
    else:
        st.error(
            "Discord did not take it. Check `SHIFUMI_DISCORD_WEBHOOK_URL` and the connection; the reason is in "
            "`data/logs/workbench.jsonl`.",
            icon=":material/error:",
        )
