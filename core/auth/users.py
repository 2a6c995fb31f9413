"""User accounts: created, changed, authenticated. Every change checks the actor's role and is audited."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.auth import audit, passwords, throttle
from core.auth.roles import SYSTEM, Actor, Role, require
from core.catalog.engine import reading, writing
from core.catalog.tables import User, utcnow

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")


class UserError(ValueError):
    """The change of a user was rejected; the message says why."""


class UnknownUserError(UserError):
    """No user has that username."""


class LastAdminError(UserError):
    """The change would leave the installation without an enabled admin."""


class LoginFailedError(RuntimeError):
    """Wrong username or password, or a disabled user: the message does not say which."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user account without the password hash."""

    username: str
    name: str
    role: Role
    disabled: bool
    sessions_valid_from: datetime
    created_at: datetime
    last_login_at: datetime | None

    @property
    def actor(self) -> Actor:
        return Actor(self.username, self.role)


def add_user(actor: Actor, username: str, name: str, role: Role, password: str) -> Account:
    """Create a user. Raises ``ForbiddenError``, :class:`UserError`, ``PasswordRefusedError``."""
    require(actor, Role.ADMIN)
    username = normalise(username)
    if not _USERNAME.fullmatch(username) or username == SYSTEM.username:
        raise UserError(
            "Usernames are 1 to 64 of a-z, 0-9 and . _ @ + -, beginning with a letter or digit; "
            f"'{SYSTEM.username}' is reserved."
        )
    passwords.check_policy(password, username)
    hashed = passwords.hash_password(password)  # before the transaction: it takes a quarter of a second
    with writing() as session:
        if session.get(User, username) is not None:
            raise UserError(f"There is already a user {username}.")
        user = User(username=username, name=name.strip()[:128] or username, role=role.value, password_hash=hashed)
        session.add(user)
        session.flush()
        audit.record_event(actor, "user.add", username, role=role.value, session=session)
        return _account(user)


def list_users() -> list[Account]:
    """All users, by username."""
    with reading() as session:
        return [_account(user) for user in session.scalars(select(User).order_by(User.username))]


def count_users() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(User)) or 0


def get_user(username: str) -> Account | None:
    """The account of ``username``, or None."""
    with reading() as session:
        user = session.get(User, normalise(username))
        return _account(user) if user else None


def set_password(actor: Actor, username: str, password: str) -> None:
    """Set ``username``'s password and end all their login sessions. Allowed for admins, and for users themselves.

    Raises ``ForbiddenError``, :class:`UnknownUserError`, ``PasswordRefusedError``.
    """
    username = normalise(username)
    if actor.username != username:
        require(actor, Role.ADMIN)
    passwords.check_policy(password, username)
    hashed = passwords.hash_password(password)
    with writing() as session:
        user = _existing(session, username)
        user.password_hash = hashed
        _end_sessions(user)
        audit.record_event(actor, "user.password", username, session=session)


def change_own_password(actor: Actor, current: str, new: str, source: str) -> None:
    """Like :func:`set_password` for oneself, after proving the ``current`` one (throttled like a login)."""
    authenticate(actor.username, current, source)
    set_password(actor, actor.username, new)


def set_role(actor: Actor, username: str, role: Role) -> None:
    """Change a role and end the user's login sessions. Raises ``ForbiddenError``, :class:`UserError`."""
    require(actor, Role.ADMIN)
    with writing() as session:
        user = _existing(session, username)
        if role is not Role.ADMIN:
            _keep_an_admin(session, user)
        audit.record_event(actor, "user.role", user.username, before=user.role, after=role.value, session=session)
        user.role = role.value
        _end_sessions(user)


def set_disabled(actor: Actor, username: str, disabled: bool) -> None:
    """Disable or enable a user; old login sessions stay ended. Raises ``ForbiddenError``, :class:`UserError`."""
    require(actor, Role.ADMIN)
    with writing() as session:
        user = _existing(session, username)
        if disabled:
            _keep_an_admin(session, user)
        user.disabled = disabled
        _end_sessions(user)
        audit.record_event(actor, "user.disable" if disabled else "user.enable", user.username, session=session)


def end_sessions(actor: Actor, username: str) -> None:
    """Log ``username`` out of every tab and browser. Allowed for users themselves, and for admins."""
    username = normalise(username)
    if actor.username != username:
        require(actor, Role.ADMIN)
    with writing() as session:
        _end_sessions(_existing(session, username))
        audit.record_event(actor, "user.logout", username, session=session)


def authenticate(username: str, password: str, source: str) -> Account:
    """The account for ``username`` and ``password``, requested from ``source`` (an address).

    Raises :class:`LoginFailedError` or ``throttle.LoginThrottledError``. Unknown, disabled and wrong take
    the same time and get the same message.
    """
    username = normalise(username)
    attempt = throttle.begin(username, source)
    with reading() as session:
        user = session.get(User, username)
    right = passwords.verify_password(password, user.password_hash if user else None)
    if user is None or user.disabled or not right:
        _note_failure(user, source)
        raise LoginFailedError("Wrong username or password. Check both and try again.")
    throttle.succeed(attempt)
    with writing() as session:
        user = _existing(session, username)
        if user.last_login_at and user.last_login_at > utcnow():
            _end_sessions(user)  # later nothing tells how far ahead the clock was
        user.last_login_at = utcnow()
        account = _account(user)
        audit.record_event(account.actor, "user.login", username, source=source, session=session)
    logger.info("{} logged in from {}", username, source)
    return account


def normalise(username: str) -> str:
    """Usernames ignore case and surrounding whitespace."""
    return username.strip().lower()


def _note_failure(user: User | None, source: str) -> None:
    # Unknown names are not logged: users sometimes type their password into that field.
    who = user.username if user else "unknown user"
    logger.warning("failed login of {} from {}", who, source)
    if user:
        audit.record_event(SYSTEM, "user.login-failed", user.username, source=source)


def _existing(session: Session, username: str) -> User:
    user = session.get(User, normalise(username))
    if user is None:
        raise UnknownUserError(f"There is no user {normalise(username)}.")
    return user


def _end_sessions(user: User) -> None:
    """Later than any cookie of the user, also when the clock was ahead before: see ``session_cookie.issue``."""
    now = utcnow()
    ahead = [user.last_login_at + timedelta(minutes=1)] if user.last_login_at and user.last_login_at > now else []
    user.sessions_valid_from = max(now, user.sessions_valid_from + timedelta(milliseconds=1), *ahead)


def _keep_an_admin(session: Session, leaving: User) -> None:
    # FOR UPDATE: on PostgreSQL two admins could otherwise remove each other at the same time.
    admins = select(User).where(User.role == Role.ADMIN.value, User.disabled.is_(False)).with_for_update()
    others = [user for user in session.scalars(admins) if user.username != leaving.username]
    if leaving.role == Role.ADMIN.value and not leaving.disabled and not others:
        raise LastAdminError(f"{leaving.username} is the last admin. Make another user admin first.")


def _account(user: User) -> Account:
    return Account(
        username=user.username,
        name=user.name,
        role=Role(user.role),
        disabled=user.disabled,
        sessions_valid_from=user.sessions_valid_from,
        created_at=user.created_at,
        last_login_at=user.last_login_at,
    )
