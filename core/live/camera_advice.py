"""Messages for the results of the camera test: what is wrong and what to do."""

from __future__ import annotations

from typing import Any

OK = "ok"

_WORDS: dict[str, tuple[str, str]] = {
    "insecure": (
        "Browsers allow the camera on secure pages only; this page was loaded over plain http.",
        "Open the workbench as http://localhost on the machine it runs on, or over https (see docs/live.md).",
    ),
    "unsupported": (
        "This browser does not support cameras on web pages.",
        "Use a current Chrome, Edge, Firefox or Safari; browsers inside other apps often lack it.",
    ),
    "denied": (
        "The browser blocks the camera for this page.",
        "Click on the icon left of the address, allow the camera, and test again. If it is allowed there, the "
        "operating system blocks it: check its camera privacy settings.",
    ),
    "none": (
        "The browser finds no camera on this device.",
        "Plug one in, or switch it on (some laptops have a key or a shutter), and test again.",
    ),
    "busy": (
        "The camera is in use by another program.",
        "Close video calls and other tabs that use it, and test again.",
    ),
    "constraints": (
        "The camera does not support the requested resolution.",
        "Choose another camera with “Select device” below the video.",
    ),
    "dark": (
        "The camera was opened but sends no video.",
        "Unplug it and plug it in again, or choose another one with “Select device” below the video.",
    ),
    "no-webrtc": (
        "The camera works, but an extension or a policy of this browser blocks video connections (WebRTC).",
        "Disable the extension for this page, or use another browser.",
    ),
    "no-relay": (
        "The camera works, but the relay (TURN) server does not respond.",
        "Check SHIFUMI_ICE_SERVERS: address, name and password; see docs/live.md.",
    ),
}


def advice_text(verdict: str, detail: str = "") -> tuple[str, str]:
    """The problem and its remedy, for a result of the camera test."""
    if verdict == OK:
        return f"The camera works{f': {detail}' if detail else ''}.", ""
    known = _WORDS.get(verdict)
    return known or (
        f"The camera cannot be opened: {detail or verdict}.",
        "Try another browser; the message above is its own.",
    )


NOT_CONNECTED = (
    "The video connection failed",
    "Browser and server cannot reach each other (ICE). On the same machine: disable VPN and proxy, and allow UDP to "
    "127.0.0.1. From another machine: UDP must reach the server, or a relay is needed, SHIFUMI_ICE_SERVERS "
    "(docs/live.md).",
)

LOST = (
    "The camera no longer sends video",
    "It was unplugged, switched off, used by another program, or the network failed.",
)


def verdict_of(state: Any) -> tuple[str, str]:
    """The result and its detail reported by the browser test. Always two texts, whatever the browser sends."""
    if not isinstance(state, dict):
        return "", ""
    return str(state.get("verdict", ""))[:40], str(state.get("detail", ""))[:200]
