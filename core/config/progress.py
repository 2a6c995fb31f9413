"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[float, str], None]
"""Progress of long work: share done (0 to 1) and one sentence for people."""


def silent(_share: float, _message: str) -> None:
    """A :data:`Report` for callers that do not watch."""
