"""Checks the API token of a request without blocking the event loop."""

from __future__ import annotations

import asyncio
import time

from core.api import problems
from core.api.negotiation import bearer
from core.api.problems import Problem
from core.auth.tokens import (
    PREDICT,
    ScopeMissingError,
    TokenError,
    TokenIdentity,
    TokenMissingError,
    TokenVerifier,
)
from core.catalog.engine import CatalogUnavailableError

_VERIFY_WITHIN_S = 3.0
_REMEMBERED = 1_000


class TokenGate:
    """Non-blocking check; remembers headers that passed for as long as the verifier's result is valid.

    Only valid tokens are remembered. One per route; only for the event loop's thread.
    """

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier
        self._known: dict[bytes | None, tuple[float, str]] = {}

    def passes(self, authorization: bytes | None) -> str | None:
        """Whose token it is (``TokenIdentity.person``); None when the catalog must be queried first, with
        :func:`check_token`.

        Raises :class:`Problem` (401 or 403).
        """
        known = self._known.get(authorization)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        if not self._verifier.fresh:
            return None
        try:
            identity, until = self._verifier.good_until(bearer(authorization), PREDICT)
        except TokenError as error:
            raise _problem(error, PREDICT) from None
        except CatalogUnavailableError:  # it grew stale in between
            return None
        if len(self._known) >= _REMEMBERED:
            # One token can be sent in many spellings of the header.
            self._known.clear()
        self._known[authorization] = until, identity.person
        return identity.person


async def check_token(verifier: TokenVerifier, authorization: bytes | None, scope: str = PREDICT) -> TokenIdentity:
    """The token in the ``Authorization`` header. Raises :class:`Problem` (401, 403 or 503) unless it has ``scope``."""
    try:
        async with asyncio.timeout(_VERIFY_WITHIN_S):
            return await asyncio.to_thread(verifier.verify, bearer(authorization), scope)
    except TokenError as error:
        raise _problem(error, scope) from None
    except (CatalogUnavailableError, TimeoutError):
        detail = "Tokens cannot be checked because the catalog does not respond. Try again in a few seconds."
        raise Problem(problems.CATALOG_UNAVAILABLE, detail, problems.RETRY) from None


def _problem(error: TokenError, scope: str) -> Problem:
    if isinstance(error, ScopeMissingError):
        challenge = f'Bearer realm="shifumi", error="insufficient_scope", scope="{scope}"'
        return Problem(problems.SCOPE_MISSING, error.detail, (("www-authenticate", challenge),))
    # Without a token there is no error to name (RFC 6750).
    named = "" if isinstance(error, TokenMissingError) else ', error="invalid_token"'
    return Problem(problems.TOKEN_REFUSED, error.detail, (("www-authenticate", f'Bearer realm="shifumi"{named}'),))
