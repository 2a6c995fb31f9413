"""Which machines can reach the servers, and is the connection encrypted?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path

from core.cli.findings import Finding, ok, warning
from core.config.settings import Settings

_CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))


def check_exposure(settings: Settings) -> Iterator[Finding]:
    """Any address other than loopback exposes UIs without a login, over plain http."""
    if is_loopback(settings.host):
        yield ok(f"Servers listen on this machine only ({settings.host})")
    elif any(mark.exists() for mark in _CONTAINER_MARKS):
        yield ok(f"Servers listen on {settings.host} inside a container: only published ports are reachable")
    else:
        yield warning(
            f"Servers listen on {settings.host}: other machines can reach Prefect and MLflow without a "
            "login, and passwords are sent unencrypted",
            "Set SHIFUMI_HOST=127.0.0.1 and use a proxy with https (Caddy, nginx) for the workbench and the API "
            "only; browsers also deny camera access over plain http. Or block the ports of Prefect and MLflow in the "
            "firewall. See docs/security.md.",
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach servers that listen on ``host``."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
