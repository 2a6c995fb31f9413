"""Short requests to other machines: connection, response, clock."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Response:
    """A server's response. ``skew`` is how far its clock is ahead of ours; None when unknown."""

    status: int
    text: str
    skew: timedelta | None


def http_get(url: str) -> Response | str:
    """The response to a GET, or the reason why there is none. No proxy, no redirects."""
    try:
        found = httpx.get(url, timeout=TIMEOUT_S, trust_env=False)
    except httpx.ConnectTimeout:
        return f"no response within {TIMEOUT_S:g} s: a firewall, or the wrong address"
    except httpx.ConnectError as error:
        return _why(str(error))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"invalid HTTP response ({type(error).__name__})"
    return Response(found.status_code, found.text[:2000], _skew(found.headers.get("date", "")))


def connection_error(host: str, port: int) -> str:
    """Why no TCP connection can be opened; empty when one can."""
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT_S):
            return ""
    except TimeoutError:
        return f"no response within {TIMEOUT_S:g} s: a firewall, or the wrong address"
    except OSError as error:
        return _why(str(error))


def _why(text: str) -> str:
    lowered = text.lower()
    if "certificate" in lowered:
        return "its certificate is not trusted here"
    if "ssl" in lowered:
        return "it does not support https"
    if "refused" in lowered:
        return "connection refused: nothing listens there"
    if any(sign in lowered for sign in ("name or service", "nodename", "getaddrinfo", "resolution", "name resolution")):
        return "unknown host name"
    return f"no connection ({text})"


def _skew(header: str) -> timedelta | None:
    try:
        return parsedate_to_datetime(header) - datetime.now(UTC)
    except (TypeError, ValueError):
        return None
