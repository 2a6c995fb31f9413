"""Statistics of a running stream: rates and medians over a sliding window. Thread-safe."""

from __future__ import annotations

import threading
from collections import deque
from statistics import median


class Rate:
    """Events per second over a sliding window."""

    def __init__(self, window_s: float = 2.0) -> None:
        self._window_s = window_s
        self._times: deque[float] = deque()
        self._lock = threading.Lock()

    def tick(self, now: float) -> None:
        """Count one event at ``now`` (seconds of any monotonic clock)."""
        with self._lock:
            self._times.append(now)
            self._forget(now)

    def per_second(self, now: float) -> float:
        """Events per second in the window; 0 with fewer than two.

        Measured between the first and the last event of the window, so that a stream that has just started is not shown
        as slow.
        """
        with self._lock:
            self._forget(now)
            if len(self._times) < 2:
                return 0.0
            span = max(now, self._times[-1]) - self._times[0]
            return (len(self._times) - 1) / span if span > 0 else 0.0

    def _forget(self, now: float) -> None:
        while self._times and self._times[0] < now - self._window_s:
            self._times.popleft()


class Recent:
    """The median of the most recent values."""

    def __init__(self, size: int = 60) -> None:
        self._values: deque[float] = deque(maxlen=size)
        self._lock = threading.Lock()

    def add(self, value: float) -> None:
        with self._lock:
            self._values.append(value)

    def clear(self) -> None:
        with self._lock:
            self._values.clear()

    def median(self) -> float | None:
        """None before the first value."""
        with self._lock:
            return median(self._values) if self._values else None
