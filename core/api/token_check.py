"""Checks the API token of a request without blocking the event loop."""

from __future__ import annotations

import asyncio
import time

from core.api import problems
from core.api.negotiation import bearer
from core.api.problems import Problem
from core.auth.tokens import ScopeMissingError, TokenError, TokenMissingError, TokenVerifier
from core.catalog.engine import CatalogUnavailableError

SCOPE = "predict"

_VERIFY_WITHIN_S = 3.0
_REMEMBERED = 1_000


class TokenGate:
    """Non-blocking check; remembers headers that passed for as long as the verifier's result is valid.

    Only valid tokens are remembered. One per route; only for the event loop's thread.
    """

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier
        self._good_until: dict[bytes | None, float] = {}

    def passes(self, authorization: bytes | None) -> bool:
        """False when the catalog must be queried first, with :func:`check_token`.

        Raises :class:`Problem` (401 or 403).
        """
        if time.monotonic() < self._good_until.get(authorization, 0.0):
            return True
        if not self._verifier.fresh:
            return False
        try:
            until = self._verifier.good_until(bearer(authorization), SCOPE)
        except TokenError as error:
            raise _problem(error) from None
        except CatalogUnavailableError:  # it grew stale in between
            return False
        if len(self._good_until) >= _REMEMBERED:
            # One token can be sent in many spellings of the header.
            self._good_until.clear()
        self._good_until[authorization] = until
        return True


async def check_token(verifier: TokenVerifier, authorization: bytes | None) -> None:
    """Raise :class:`Problem` (401, 403 or 503) unless the ``Authorization`` header has a token with the scope
    ``predict``.
    """
    try:
        async with asyncio.timeout(_VERIFY_WITHIN_S):
            await asyncio.to_thread(verifier.verify, bearer(authorization), SCOPE)
    except TokenError as error:
        raise _problem(error) from None
    except (CatalogUnavailableError, TimeoutError):
        detail = "Tokens cannot be checked because the catalog does not respond. Try again in a few seconds."
        raise Problem(problems.CATALOG_UNAVAILABLE, detail, problems.RETRY) from None


def _problem(error: TokenError) -> Problem:
    if isinstance(error, ScopeMissingError):
        challenge = f'Bearer realm="shifumi", error="insufficient_scope", scope="{SCOPE}"'
        return Problem(problems.SCOPE_MISSING, error.detail, (("www-authenticate", challenge),))
    # Without a token there is no error to name (RFC 6750).
    named = "" if isinstance(error, TokenMissingError) else ', error="invalid_token"'
    return Problem(problems.TOKEN_REFUSED, error.detail, (("www-authenticate", f'Bearer realm="shifumi"{named}'),))
