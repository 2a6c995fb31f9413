"""Ask other machines, briefly: can one connect, what does it answer, which time is it there."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. ``skew`` is how far its clock is ahead of ours; None when it does not tell."""

    status: int
    text: str
    skew: timedelta | None


def ask(url: str) -> Answer | str:
    """The answer to a GET, or in words why there is none. No proxy is asked and no redirect followed."""
    try:
        found = httpx.get(url, timeout=TIMEOUT_S, trust_env=False)
    except httpx.ConnectTimeout:
        return f"nothing answers within {TIMEOUT_S:g} s: a firewall, or the wrong address"
    except httpx.ConnectError as error:
        return _why(str(error))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"it does not talk HTTP properly ({type(error).__name__})"
    return Answer(found.status_code, found.text[:2000], _skew(found.headers.get("date", "")))


def connect(host: str, port: int) -> str:
    """Why no TCP connection can be made; empty when one can."""
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT_S):
            return ""
    except TimeoutError:
        return f"nothing answers within {TIMEOUT_S:g} s: a firewall, or the wrong address"
    except OSError as error:
        return _why(str(error))


def _why(text: str) -> str:
    lowered = text.lower()
    if "certificate" in lowered:
        return "its certificate is not trusted here"
    if "ssl" in lowered:
        return "it does not talk https there"
    if "refused" in lowered:
        return "the connection is refused: nothing listens there"
    if any(sign in lowered for sign in ("name or service", "nodename", "getaddrinfo", "resolution", "name resolution")):
        return "the name is not known"
    return f"no connection ({text})"


def _skew(header: str) -> timedelta | None:
    try:
        return parsedate_to_datetime(header) - datetime.now(UTC)
    except (TypeError, ValueError):
        return None
