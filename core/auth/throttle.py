"""Login throttle: failed logins are counted in the catalog, per user and per source address.

Never a permanent lock: after ``login_window_s`` another attempt is possible.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from core.catalog.engine import reading, writing
from core.catalog.tables import LoginAttempt, utcnow
from core.config.settings import get_settings

SOURCE_FACTOR = 4
"""Factor for source addresses: a whole class can be behind one address."""

_ADVISORY_LOCK = 0x5F1  # id of our lock in PostgreSQL; any constant will do
_LONGEST = 64  # the width of the columns: longer input is truncated


class LoginThrottledError(RuntimeError):
    """Too many failures; ``wait_s`` is the time until the next attempt is accepted."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(f"Too many failed logins. Try again in {in_words(wait_s)}.")


def begin(username: str, source: str) -> int:
    """Record an attempt as failed, before the password is checked, and return its id.

    Recording first means that a hundred concurrent attempts cannot all pass.
    Raises :class:`LoginThrottledError`, and records nothing, when the user or the source is over the limit.
    """
    now = utcnow()
    _clamp(now)
    with writing() as session:
        if session.get_bind().dialect.name == "postgresql":  # SQLite has only one writer at a time
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        session.execute(delete(LoginAttempt).where(LoginAttempt.at < now - _window()))
        attempt = LoginAttempt(username=username[:_LONGEST], source=source[:_LONGEST], succeeded=False, at=now)
        _refuse_over_limit(session, attempt)
        session.add(attempt)
        session.flush()
        return attempt.id


def _clamp(now: datetime) -> None:
    """Attempts recorded while the clock was ahead count from now: nobody could log in until their time otherwise.

    In a transaction of its own, because a refusal rolls the other one back.
    """
    with reading() as session:
        ahead = session.scalar(select(LoginAttempt.id).where(LoginAttempt.at > now).limit(1))
    if ahead is not None:
        with writing() as session:
            session.execute(update(LoginAttempt).where(LoginAttempt.at > now).values(at=now))


def succeed(attempt_id: int) -> None:
    """The password was right: the user's previous failures no longer count."""
    with writing() as session:
        attempt = session.get(LoginAttempt, attempt_id)
        if attempt is not None:  # None: the window is shorter than the password check, and it was deleted
            attempt.succeeded = True
            session.flush()
            session.execute(
                delete(LoginAttempt).where(LoginAttempt.username == attempt.username, LoginAttempt.succeeded.is_(False))
            )


def in_words(seconds: float) -> str:
    """``61`` → "2 minutes": rounded up, so that nobody retries too early."""
    whole = max(1, -int(-seconds // 1))
    number, unit = (whole, "second") if whole < 60 else (-(-whole // 60), "minute")
    return f"{number} {unit}{'s' if number != 1 else ''}"


def _refuse_over_limit(session: Session, attempt: LoginAttempt) -> None:
    limit = get_settings().login_max_failures
    for mine, allowed in (
        (LoginAttempt.username == attempt.username, limit),
        (LoginAttempt.source == attempt.source, limit * SOURCE_FACTOR),
    ):
        free_at = _free_at(session, mine, allowed)
        if free_at and free_at > attempt.at:
            raise LoginThrottledError((free_at - attempt.at).total_seconds())


def _free_at(session: Session, mine: ColumnElement[bool], allowed: int) -> datetime | None:
    """When the oldest of the last ``allowed`` failures leaves the window; None while there are fewer."""
    query = select(LoginAttempt.at).where(mine, LoginAttempt.succeeded.is_(False)).order_by(LoginAttempt.at.desc())
    oldest = session.scalars(query.offset(allowed - 1).limit(1)).first()
    return oldest + _window() if oldest else None


def _window() -> timedelta:
    return timedelta(seconds=get_settings().login_window_s)
