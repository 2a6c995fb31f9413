"""Whether a request may pass: its API token, checked without holding up the others."""

from __future__ import annotations

import asyncio

from core.api import problems
from core.api.negotiation import bearer
from core.api.problems import Problem
from core.auth.tokens import ScopeMissingError, TokenError, TokenMissingError, TokenVerifier
from core.catalog.engine import CatalogUnavailableError

SCOPE = "predict"

_VERIFY_WITHIN_S = 3.0


def passes(verifier: TokenVerifier, authorization: bytes | None) -> bool:
    """Check without waiting: False when the catalog has to be asked first, by :func:`check_token`.

    Raises :class:`Problem` (401 or 403).
    """
    if not verifier.fresh:
        return False
    try:
        verifier.verify(bearer(authorization), SCOPE)
    except TokenError as error:
        raise _problem(error) from None
    except CatalogUnavailableError:  # it grew stale in between
        return False
    return True


async def check_token(verifier: TokenVerifier, authorization: bytes | None) -> None:
    """Raise :class:`Problem` (401, 403 or 503) unless the ``Authorization`` header has a token with our scope."""
    if passes(verifier, authorization):
        return
    try:
        async with asyncio.timeout(_VERIFY_WITHIN_S):
            await asyncio.to_thread(verifier.verify, bearer(authorization), SCOPE)
    except TokenError as error:
        raise _problem(error) from None
    except (CatalogUnavailableError, TimeoutError):
        detail = "The catalog, which knows the tokens, does not answer. Try again in a few seconds."
        raise Problem(problems.CATALOG_UNAVAILABLE, detail, problems.RETRY) from None


def _problem(error: TokenError) -> Problem:
    if isinstance(error, ScopeMissingError):
        challenge = f'Bearer realm="shifumi", error="insufficient_scope", scope="{SCOPE}"'
        return Problem(problems.SCOPE_MISSING, error.detail, (("www-authenticate", challenge),))
    # Without a token there is no error to name (RFC 6750).
    named = "" if isinstance(error, TokenMissingError) else ', error="invalid_token"'
    return Problem(problems.TOKEN_REFUSED, error.detail, (("www-authenticate", f'Bearer realm="shifumi"{named}'),))
