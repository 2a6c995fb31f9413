"""Who did what, when: written by the services, read by the Admin and Overview pages."""

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
    """Note that ``actor`` did ``action`` (``noun.verb``) to ``subject``.

    With a ``session`` the note is part of that transaction: no action without its note, no note without its
    action. ``details`` must be JSON and never hold a secret.
    """
    with nullcontext(session) if session else writing() as target:
        target.add(AuditEvent(actor=actor.username, action=action, subject=subject[:256], details=details))


def latest(limit: int = 50, offset: int = 0, actor: str | None = None, action: str | None = None) -> list[AuditEvent]:
    """Events, newest first, optionally of one actor and one action only."""
    query = _filtered(select(AuditEvent), actor, action)
    with reading() as session:
        # The id decides between events of the same instant.
        return list(session.scalars(query.order_by(AuditEvent.id.desc()).limit(limit).offset(offset)))


def count(actor: str | None = None, action: str | None = None) -> int:
    """How many events :func:`latest` could show under the same filters."""
    with reading() as session:
        return session.scalar(_filtered(select(func.count(AuditEvent.id)), actor, action)) or 0


def actors() -> list[str]:
    """Everybody who appears in the log, sorted."""
    with reading() as session:
        return list(session.scalars(select(AuditEvent.actor).distinct().order_by(AuditEvent.actor)))


def actions() -> list[str]:
    """Every action that appears in the log, sorted."""
    with reading() as session:
        return list(session.scalars(select(AuditEvent.action).distinct().order_by(AuditEvent.action)))


def _filtered(query: Select[Any], actor: str | None, action: str | None) -> Select[Any]:
    if actor:
        query = query.where(AuditEvent.actor == actor)
    if action:
        query = query.where(AuditEvent.action == action)
    return query
