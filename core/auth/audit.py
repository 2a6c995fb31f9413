"""The audit log: who did what, when; shown on the Admin and Overview pages."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.auth.roles import Actor
from core.catalog.engine import reading, writing
from core.catalog.tables import AuditEvent


def record_event(
    actor: Actor, action: str, subject: str = "", *, session: Session | None = None, **details: Any
) -> None:
    """Record that ``actor`` did ``action`` (``noun.verb``) to ``subject``.

    With a ``session`` the event is part of that transaction: both are stored, or neither.
    ``details`` must be JSON and never contain a secret.
    """
    with nullcontext(session) if session else writing() as target:
        target.add(AuditEvent(actor=actor.username, action=action, subject=subject[:256], details=details))


def latest(limit: int = 50, offset: int = 0, actor: str | None = None, action: str | None = None) -> list[AuditEvent]:
    """Events, newest first, optionally of one actor and one action only."""
    query = _filtered(select(AuditEvent), actor, action)
    with reading() as session:
        # The id orders events of the same instant.
        return list(session.scalars(query.order_by(AuditEvent.id.desc()).limit(limit).offset(offset)))


def count(actor: str | None = None, action: str | None = None) -> int:
    """Number of events with the same filters as :func:`latest`."""
    with reading() as session:
        return session.scalar(_filtered(select(func.count(AuditEvent.id)), actor, action)) or 0


def actors() -> list[str]:
    """All actors in the log, sorted."""
    with reading() as session:
        return list(session.scalars(select(AuditEvent.actor).distinct().order_by(AuditEvent.actor)))


def actions() -> list[str]:
    """All actions in the log, sorted."""
    with reading() as session:
        return list(session.scalars(select(AuditEvent.action).distinct().order_by(AuditEvent.action)))


def _filtered(query: Select[Any], actor: str | None, action: str | None) -> Select[Any]:
    if actor:
        query = query.where(AuditEvent.actor == actor)
    if action:
        query = query.where(AuditEvent.action == action)
    return query
