"""How long work reports its progress."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[float, str], None]
"""Callback for progress of long work: share done (0 to 1) and one sentence."""


def silent(_share: float, _message: str) -> None:
    """A :data:`Report` for callers that need no progress."""
