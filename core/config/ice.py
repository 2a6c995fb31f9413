"""STUN and TURN servers for WebRTC, as one setting."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_SCHEMES = ("stun:", "stuns:", "turn:", "turns:")

_WITH_PASSWORD = re.compile(r"(turns?):([^:@]+):([^@]+)@(.+)")

HINT = (
    'Write addresses separated by commas ("stun:stun.example.org:3478", "turn:user:password@turn.example.org"), '
    "or JSON in the browsers' format: "
    '[{"urls": "turn:turn.example.org:3478", "username": "…", "credential": "…"}].'
)


def parse_ice_servers(text: str) -> list[dict[str, Any]]:
    """The servers in ``text``, in the format of ``RTCPeerConnection``. Raises ``ValueError`` with :data:`HINT`."""
    text = text.strip()
    servers = _from_json(text) if text.startswith("[") else [_server(url.strip()) for url in text.split(",") if url]
    for server in servers:
        urls = server.get("urls") if isinstance(server, dict) else None
        listed = urls if isinstance(urls, list) else [urls]
        if not listed or not all(isinstance(url, str) and url.startswith(_SCHEMES) for url in listed):
            raise ValueError(f"Not a STUN or TURN server. {HINT}")
    return servers


def _server(text: str) -> dict[str, Any]:
    """``turn:user:password@host:port`` split into the three parts that browsers need."""
    if parts := _WITH_PASSWORD.fullmatch(text):
        scheme, username, credential, host = parts.groups()
        return {"urls": f"{scheme}:{host}", "username": username, "credential": credential}
    return {"urls": text}


def _from_json(text: str) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = json.loads(text)
    except ValueError as error:
        raise ValueError(f"Not JSON ({error}). {HINT}") from error
    return found


def rtc_configuration(setting: str | None, page_url: str | None, *, local_too: bool = False) -> dict[str, Any]:
    """The servers for both ends. On the same machine they are not needed, unless the workbench is in a container
    (``local_too``); an empty list also keeps streamlit-webrtc from using a public STUN server."""
    local = not local_too and (urlsplit(page_url or "").hostname or "localhost") in _LOOPBACK
    return {"iceServers": [] if local or not setting else parse_ice_servers(setting)}
