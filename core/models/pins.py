"""Pins: an admin says that the champion stays, until when and why.

What changes a champion (:mod:`core.models.promotion`) does so within :func:`unpinned`, and a pin is set under the same
lock: of a pin and a promotion at the same moment the one that commits first wins.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.catalog.engine import reading, writing
from core.catalog.tables import Pin, utcnow
from core.config.messages import Message, say
from core.models import registry

REASON_LENGTH = 500
"""Characters of a reason."""

_LOCK = 7_365_012
"""The id of this advisory lock in PostgreSQL."""


class PinError(RuntimeError):
    """The champion cannot be pinned or unpinned; the message says why."""


class PinnedError(PinError):
    """The champion cannot change, because it is pinned. The parameter ``pinned`` of its message is the pin in words."""


def pin(actor: Actor, workload: str, reason: str, until: datetime) -> Pin:
    """Pin the present champion until ``until`` (aware). Raises :class:`PinError` when there is no champion, it is
    pinned already, or a value does not fit; :class:`core.models.mlflow_client.RegistryError`.
    """
    require(actor, Role.ADMIN)
    reason = _checked(reason, until)
    with _locked() as session:
        _end_expired(session, workload)
        if (held := _open(session, workload)) is not None:
            raise PinError(say("pin.already", pinned=in_words(held)))
        champion = registry.champion(workload)
        if champion is None:
            raise PinError(say("pin.no_champion"))
        made = Pin(workload=workload, version=champion.version, reason=reason, until=until, by=actor.username)
        session.add(made)
        details = {"reason": reason, "until": until.isoformat()}
        audit.record_event(actor, "model.pin", f"{workload} v{made.version}", session=session, **details)
    return made


def unpin(actor: Actor, workload: str) -> None:
    """Lift the pin before its end. Raises :class:`PinError` when none is active."""
    require(actor, Role.ADMIN)
    with _locked() as session:
        held = _active(session, workload)
        if held is None:
            raise PinError(say("pin.none"))
        held.ended_at, held.ended_by = utcnow(), actor.username
        audit.record_event(actor, "model.unpin", f"{workload} v{held.version}", session=session)


def active(workload: str) -> Pin | None:
    """The pin that holds now; None when there is none or it has expired."""
    with reading() as session:
        return _active(session, workload)


@contextmanager
def unpinned(workload: str) -> Iterator[Session]:
    """A write transaction in which the champion of ``workload`` may change, and nobody pins it meanwhile.

    Raises :class:`PinnedError` while it is pinned.
    """
    with _locked() as session:
        if (held := _active(session, workload)) is not None:
            raise PinnedError(say("pin.unpin_first", pinned=in_words(held)))
        yield session


def in_words(held: Pin) -> Message:
    """Which champion is pinned, until when, by whom and why."""
    return say("pin.holds", version=held.version, until=held.until.isoformat(), user=held.by, why=held.reason)


def _checked(reason: str, until: datetime) -> str:
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_LENGTH:
        raise PinError(say("pin.bad_reason", most=REASON_LENGTH))
    if until.tzinfo is None or until <= utcnow():
        raise PinError(say("pin.bad_end"))
    return reason


@contextmanager
def _locked() -> Iterator[Session]:
    """SQLite has one writer at a time; PostgreSQL is told."""
    with writing() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        yield session


def _open(session: Session, workload: str) -> Pin | None:
    return session.scalar(select(Pin).where(Pin.workload == workload, Pin.ended_at.is_(None)))


def _active(session: Session, workload: str) -> Pin | None:
    held = _open(session, workload)
    return held if held is not None and held.until > utcnow() else None


def _end_expired(session: Session, workload: str) -> None:
    """Only one pin of a workload may be open, so one that ended by itself makes room."""
    held = _open(session, workload)
    if held is not None and held.until <= utcnow():
        held.ended_at = held.until
        session.flush()
