"""Progress reports of long operations."""

from __future__ import annotations

from collections.abc import Callable

from core.config.messages import Message

Report = Callable[[float, Message], None]
"""Callback for progress of long work: share done (0 to 1) and a message."""


def silent(_share: float, _message: Message) -> None:
    """A :data:`ViewerReport` for callers that need no progress."""
