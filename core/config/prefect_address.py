"""Is Prefect's server started by us, or external?"""

from __future__ import annotations

from urllib.parse import urlsplit

from core.config.settings import Settings

_LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104 - compared with, not bound to


def prefect_is_elsewhere(settings: Settings) -> bool:
    """True when `PREFECT_API_URL` points to a server that is not the one we would start."""
    if settings.prefect_api_url is None:
        return False
    parts = urlsplit(settings.prefect_api_url)
    return parts.hostname not in _LOOPBACK | {settings.host} or parts.port != settings.prefect_port
