"""Admin, Audit log: who did what."""

from __future__ import annotations

import json

import streamlit as st

from core.auth import audit
from core.catalog.tables import AuditEvent
from core.ui.shell.formats import moment
from core.ui.shell.messages import empty

PER_PAGE = 50


def tab() -> None:
    """Filters, one page of events (newest first), and pagination."""
    with st.container(horizontal=True):
        actor = st.selectbox("User", audit.actors(), index=None, placeholder="all users", key="audit_actor")
        action = st.selectbox("Action", audit.actions(), index=None, placeholder="all actions", key="audit_action")
    total = audit.count(actor, action)
    if not total:
        empty("No events match. Clear a filter to see more.")
        return
    pages = -(-total // PER_PAGE)
    # Pagination is drawn below the table, but its value is needed first.
    table = st.container()
    page = st.pagination(pages, key=f"audit_page_{actor}_{action}") if pages > 1 else 1
    events = audit.latest(PER_PAGE, (page - 1) * PER_PAGE, actor, action)
    table.dataframe([_row(event) for event in events], hide_index=True)
    table.caption(f"{total} event{'s' if total != 1 else ''}")


def _row(event: AuditEvent) -> dict[str, str]:
    return {
        "Time": moment(event.at),
        "User": event.actor,
        "Action": event.action,
        "Subject": event.subject,
        "Details": json.dumps(event.details, ensure_ascii=False) if event.details else "",
    }
