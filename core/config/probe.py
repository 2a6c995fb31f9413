"""HTTP health check of a server: light enough for the supervisor's loop."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

PROBE_TIMEOUT_S = 0.5
"""A service on this machine or in the same network responds faster, or counts as down."""


def probe(url: str, timeout: float = 0.5) -> str:
    """Why ``url`` does not respond successfully within ``timeout`` seconds; empty when it does.

    No proxy is used: the services are on this machine or in the same network.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", parts.path or "/", headers={"User-Agent": "shifumi-health"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"no response at {parts.netloc} ({type(error).__name__})"
    finally:
        connection.close()
    return "" if status < 400 else f"responds with HTTP {status}"
