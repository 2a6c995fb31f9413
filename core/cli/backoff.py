"""Back-off before a process is restarted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Doubles from ``first`` to ``most`` seconds; resets after ``forgive_after`` healthy seconds."""

    first: float = 0.5
    most: float = 30.0
    forgive_after: float = 60.0
    _next: float = 0.0

    def after_death(self, healthy_for: float) -> float:
        """Seconds to wait now, given how long the process was healthy."""
        if healthy_for >= self.forgive_after or self._next == 0.0:
            self._next = self.first
        delay = self._next
        self._next = min(self._next * 2, self.most)
        return delay
