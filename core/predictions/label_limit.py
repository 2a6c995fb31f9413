"""How many labels a person may give: a token bucket each, in the memory of this process."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock

_REMEMBERED = 1_000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class LabelLimit:
    """At most ``per_hour`` labels of a person at once, refilled evenly within an hour; safe to use from threads."""

    def __init__(self, per_hour: int) -> None:
        self.per_hour = per_hour
        self._buckets: dict[str, _Bucket] = {}
        self._lock = Lock()

    def take(self, person: str, labels: int) -> float:
        """Take ``labels`` from the person's bucket and return 0; or take none, and return the seconds to wait.

        More than ``per_hour`` never pass.
        """
        now, rate = time.monotonic(), self.per_hour / 3600
        with self._lock:
            bucket = self._buckets.get(person)
            if bucket is None:
                bucket = self._buckets[person] = _Bucket(float(self.per_hour), now)
                self._forget(now)
            bucket.left = min(float(self.per_hour), bucket.left + (now - bucket.at) * rate)
            bucket.at = now
            if labels > bucket.left:
                return (labels - bucket.left) / rate
            bucket.left -= labels
            return 0.0

    def _forget(self, now: float) -> None:
        """A bucket that nobody used for an hour is full again, as a new one is."""
        if len(self._buckets) > _REMEMBERED:
            self._buckets = {name: one for name, one in self._buckets.items() if now - one.at < 3600}
