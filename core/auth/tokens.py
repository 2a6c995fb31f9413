"""API tokens: created, listed and revoked by admins. The sidecar checks them with :class:`TokenVerifier`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.auth.token_verifier import (
    ScopeMissingError,
    TokenError,
    TokenExpiredError,
    TokenIdentity,
    TokenInvalidError,
    TokenMissingError,
    TokenRevokedError,
    TokenVerifier,
    digest,
)
from core.catalog.engine import reading, writing
from core.catalog.tables import ApiToken, utcnow

__all__ = [
    "SCOPES",
    "ScopeMissingError",
    "TokenError",
    "TokenExpiredError",
    "TokenIdentity",
    "TokenInvalidError",
    "TokenMissingError",
    "TokenRefusedError",
    "TokenRevokedError",
    "TokenVerifier",
    "create_token",
    "list_tokens",
    "revoke_token",
]

PREFIX: Final = "shf_"
"""Prefix of every secret: leak scanners find it, and ``core.config.logs`` masks it."""

PREDICT: Final = "predict"
FEEDBACK: Final = "feedback"
SCOPES: Final = frozenset({PREDICT, FEEDBACK})
"""``predict``: ask for predictions. ``feedback``: say which label was right."""


class TokenRefusedError(ValueError):
    """The token cannot be created or revoked; the message says why."""


def create_token(actor: Actor, name: str, scopes: Sequence[str], days: float | None) -> tuple[str, ApiToken]:
    """Create a token valid for ``days`` (None: no expiry). Returns the secret, which is stored nowhere.

    Raises ``ForbiddenError``, :class:`TokenRefusedError`.
    """
    require(actor, Role.ADMIN)
    name, wanted = name.strip(), sorted(set(scopes))
    if not 1 <= len(name) <= 64:
        raise TokenRefusedError("Give the token a name of 1 to 64 characters that says where it is used.")
    if not wanted or not SCOPES.issuperset(wanted):
        raise TokenRefusedError(f"Choose at least one of these scopes: {', '.join(sorted(SCOPES))}.")
    if days is not None and not 0 < days <= 3650:
        raise TokenRefusedError("The lifetime must be between 0 and 3650 days, or unlimited.")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        name=name,
        prefix=secret[: len(PREFIX) + 8],
        sha256=digest(secret),
        scopes=wanted,
        created_by=actor.username,
        expires_at=None if days is None else utcnow() + timedelta(days=days),
    )
    with writing() as session:
        session.add(token)
        session.flush()
        audit.record_event(actor, "token.create", f"{token.id} {name}", scopes=wanted, days=days, session=session)
    return secret, token


def list_tokens() -> list[ApiToken]:
    """All tokens, including revoked and expired ones, newest first."""
    with reading() as session:
        return list(session.scalars(select(ApiToken).order_by(ApiToken.id.desc())))


def revoke_token(actor: Actor, token_id: int) -> None:
    """Revoke a token, within a second everywhere. Idempotent.

    Raises ``ForbiddenError``, :class:`TokenRefusedError` when there is no such token.
    """
    require(actor, Role.ADMIN)
    with writing() as session:
        token = session.get(ApiToken, token_id)
        if token is None:
            raise TokenRefusedError(f"There is no token {token_id}.")
        if token.revoked_at is None:
            token.revoked_at = utcnow()
            audit.record_event(actor, "token.revoke", f"{token.id} {token.name}", session=session)
