"""The session cookie: user and time of login, signed.

A cookie alone is not sufficient: ``core.auth.session`` also checks in the catalog that the user still exists, is
enabled, and has not logged out since it was issued.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import jwt
from loguru import logger

from core.auth.users import Account
from core.config.settings import get_settings

_ALGORITHM = "HS256"
_KEY_BYTES = 64
_SKEW_S = 60.0
"""A cookie that lasts longer than a session by more than that was issued while the clock was ahead."""


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The content of a cookie. ``issued_at`` and ``expires_at`` are seconds since 1970."""

    username: str
    issued_at: float
    expires_at: float

    def valid_for(self, account: Account | None) -> bool:
        """Whether the cookie is valid for ``account`` (its current row in the catalog)."""
        return (
            account is not None
            and account.username == self.username
            and not account.disabled
            and self.issued_at >= account.sessions_valid_from.timestamp()
            # Dated later only by :func:`issue`, for an account whose sessions were ended while the clock was ahead.
            and self.issued_at <= max(time.time() + _SKEW_S, account.sessions_valid_from.timestamp())
            and 0 < self.expires_at - time.time() <= _lifetime_s() + _SKEW_S
        )


def issue(username: str, valid_from: datetime | None = None) -> SessionCookie:
    """A cookie valid from now for ``session_hours``; ``valid_from`` is the account's ``sessions_valid_from``.

    That may be in the future if the clock was ahead when the user logged out. The cookie is dated at least as late, so
    that the user is not locked out until then; cookies from before that logout stay invalid.
    """
    now = time.time()
    return SessionCookie(username, max(now, valid_from.timestamp() if valid_from else now), now + _lifetime_s())


def _lifetime_s() -> float:
    return get_settings().session_hours * 3600


def sign(ticket: SessionCookie) -> str:
    """The signed value that is stored in the browser."""
    claims = {"sub": ticket.username, "iat": ticket.issued_at, "exp": ticket.expires_at}
    return jwt.encode(claims, cookie_key(), algorithm=_ALGORITHM)


def verify(sealed: str) -> SessionCookie | None:
    """The content of a signed value, or None when it is forged, changed, expired or malformed."""
    try:
        claims = jwt.decode(
            sealed,
            cookie_key(),
            algorithms=[_ALGORITHM],
            # A future time of issue is checked by `valid_for`, see `issue`.
            options={"require": ["sub", "iat", "exp"], "verify_iat": False},
        )
        return SessionCookie(str(claims["sub"]), float(claims["iat"]), float(claims["exp"]))
    except (jwt.PyJWTError, TypeError, ValueError, OverflowError):
        return None


def cookie_key() -> bytes:
    """The signing key of this installation, created on first use, readable by its owner only.

    Deleting the file logs all users out. A file that is too short is no key. While the disk takes nothing, a new key is
    kept in memory, so that people can log in; it is saved as soon as the disk does.
    """
    path = get_settings().run_dir / "cookie.key"
    if key := _stored(path):
        return key
    fresh = _in_memory(path)
    try:
        _save_key(path, fresh)
    except OSError as error:
        _warn_once(path, error.strerror or str(error))
        return fresh
    if not (key := _stored(path)):
        _warn_once(path, "it is there, but cannot be read")
        return fresh
    _in_memory.cache_clear()  # a key that is deleted later must not come back
    _warn_once.cache_clear()
    return key


def _stored(path: Path) -> bytes:
    """The key in the file; empty when there is none. An empty key would let anybody sign."""
    with suppress(OSError):
        if len(key := path.read_bytes()) >= _KEY_BYTES:
            return key
    return b""


@lru_cache(maxsize=4)
def _in_memory(_path: Path) -> bytes:
    return secrets.token_bytes(_KEY_BYTES)


@lru_cache(maxsize=4)
def _warn_once(path: Path, reason: str) -> None:
    logger.warning("{} cannot be saved ({}); login sessions end with this process unless it can be later", path, reason)


def _save_key(path: Path, key: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        # Mode 0600 from the start: chmod afterwards would leave a gap.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
        if path.is_file() and path.stat().st_size < _KEY_BYTES:
            path.unlink()
        # A link is atomic and refuses to replace: of two processes starting together one wins.
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
