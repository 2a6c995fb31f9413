"""API token checks on the sidecar's hot path: a dictionary look-up, not a query.

The token table is small. The verifier keeps a copy that is at most a second old, so a revocation takes effect
within a second and a forged token costs no more than a valid one.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from loguru import logger
from sqlalchemy import or_, select, update

from core.catalog.engine import CatalogUnavailableError, reading, writing
from core.catalog.tables import ApiToken

MAX_AGE_S = 1.0
"""Maximum age of the copy before the next request refreshes it."""

LAST_USED_EVERY_S = 60.0
"""How often the time of last use is written back, in the background."""

_PERSON = "token:"


class TokenError(Exception):
    """The request is rejected; ``detail`` says why."""

    detail = "The token was rejected."

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or type(self).detail
        super().__init__(self.detail)


class TokenMissingError(TokenError):
    detail = "No token. Send the header 'Authorization: Bearer shf_…'; an admin creates one under Admin → API tokens."


class TokenInvalidError(TokenError):
    detail = "This token is unknown. Check that it was copied completely."


class TokenExpiredError(TokenError):
    detail = "This token has expired. Ask an admin for a new one."


class TokenRevokedError(TokenError):
    detail = "This token was revoked. Ask an admin for a new one."


class ScopeMissingError(TokenError):
    detail = "This token is valid, but not for this endpoint."


@dataclass(frozen=True, slots=True)
class TokenIdentity:
    """The token behind a request: its id and name, never its secret."""

    id: int
    name: str
    scopes: frozenset[str]
    account: str = ""
    """Who created it."""

    @property
    def person(self) -> str:
        """Whom requests with this token come from; no account can be called so."""
        return f"{_PERSON}{self.id}"


@dataclass(frozen=True, slots=True)
class _Entry:
    identity: TokenIdentity
    expires_at: float
    revoked: bool


class TokenVerifier:
    """One per process; safe to use from several threads. Close it at shutdown."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._fresh_until = 0.0
        self._loading = Lock()
        self._used: dict[int, float] = {}
        self._write_due = time.monotonic() + LAST_USED_EVERY_S
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="token-last-used")

    @property
    def fresh(self) -> bool:
        """True while :meth:`verify` uses its copy; otherwise it queries the catalog, which may be slow."""
        return time.monotonic() < self._fresh_until

    def verify(self, secret: str | None, scope: str) -> TokenIdentity:
        """The owner of ``secret``, which must have ``scope``.

        Raises a :class:`TokenError`, or ``CatalogUnavailableError`` when the catalog does not respond:
        revocations are unknown then, so all requests are rejected.
        """
        return self._verified(secret, scope)[0].identity

    def good_until(self, secret: str | None, scope: str) -> tuple[TokenIdentity, float]:
        """:meth:`verify`, and until when its result is valid, on the monotonic clock: while the copy is young enough
        and the token has not expired. Raises as :meth:`verify` does.
        """
        entry, until = self._verified(secret, scope)
        return entry.identity, min(until, time.monotonic() + entry.expires_at - time.time())

    def account_of(self, person: str) -> str:
        """The account that created the token of a :attr:`TokenIdentity.person`; of an account, itself."""
        if not person.startswith(_PERSON):
            return person
        known = (entry.identity for entry in self._entries.values())
        return next((one.account for one in known if one.person == person), person)

    def _verified(self, secret: str | None, scope: str) -> tuple[_Entry, float]:
        """The token, and until when the copy it is in may be used."""
        if not secret:
            raise TokenMissingError
        if not self.fresh:
            self._renew()
        # Read before the copy: a copy that another thread puts there in between is younger, never older.
        until = self._fresh_until
        entry = self._entries.get(digest(secret))
        if entry is None:
            raise TokenInvalidError
        if entry.revoked:
            raise TokenRevokedError
        now = time.time()
        if entry.expires_at <= now:
            raise TokenExpiredError
        if scope not in entry.identity.scopes:
            raise ScopeMissingError(f"This token lacks the scope '{scope}'. Ask an admin for one that has it.")
        self._used[entry.identity.id] = now
        return entry, until

    def close(self) -> None:
        """Write back the times of last use and stop the background thread."""
        self._writer.submit(self._write_last_used)
        self._writer.shutdown(wait=True)

    def _renew(self) -> None:
        with self._loading:
            if self.fresh:  # another thread was faster
                return
            # The clock is read before the query: changes during the query are not missed.
            started = time.monotonic()
            with reading() as session:
                self._entries = _entries(session.scalars(select(ApiToken)))
            self._fresh_until = started + MAX_AGE_S
            if started >= self._write_due:
                self._write_due = started + LAST_USED_EVERY_S
                self._writer.submit(self._write_last_used)

    def _write_last_used(self) -> None:
        used, self._used = list(self._used.items()), {}
        if not used:
            return
        try:
            with writing() as session:
                for token_id, moment in used:
                    at = datetime.fromtimestamp(moment, UTC)
                    older = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < at)
                    session.execute(update(ApiToken).where(ApiToken.id == token_id, older).values(last_used_at=at))
        except CatalogUnavailableError as error:
            # Not worth a failed request: newer times are written a minute later.
            logger.warning("times of last use of the API tokens were not written: {}", error)


def digest(secret: str) -> str:
    """The stored hash of a secret. Plain SHA-256 suffices: 32 random bytes cannot be guessed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _entries(tokens: Iterable[ApiToken]) -> dict[str, _Entry]:
    return {
        token.sha256: _Entry(
            identity=TokenIdentity(token.id, token.name, frozenset(token.scopes), token.created_by),
            expires_at=token.expires_at.timestamp() if token.expires_at else float("inf"),
            revoked=token.revoked_at is not None,
        )
        for token in tokens
    }
