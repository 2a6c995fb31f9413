"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable

from core.config.messages import Message

Report = Callable[[float, Message], None]
"""Progress of long work: share done (0 to 1) and what it is at."""


def silent(_share: float, _message: Message) -> None:
    """A :data:`Report` for callers that do not watch."""
