"""What the live video counts, for Prometheus. Counting a frame costs about a microsecond."""

from __future__ import annotations

import threading
from collections import Counter as Counts
from collections.abc import Iterator
from typing import Protocol
from weakref import WeakSet

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from core.monitoring.metrics.families import gauge, single

WATCHING_S = 2.0
"""A stream without a frame for so long is not watched any more."""

_BUCKETS_S = (0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.0, 2.5)

COUNTED = CollectorRegistry()
FRAMES = Counter("shifumi_live_frames", "Frames received from cameras.", registry=COUNTED)
DROPPED = Counter(
    "shifumi_live_frames_passed_over", "Frames replaced by a newer one before detection.", registry=COUNTED
)
RESULTS = Counter("shifumi_live_results", "Frames processed by a model.", ["model"], registry=COUNTED)
ERRORS = Counter("shifumi_live_detector_errors", "Frames on which a model failed.", ["model"], registry=COUNTED)
TOOK = Histogram("shifumi_live_detection_seconds", "Detection time per frame.", buckets=_BUCKETS_S, registry=COUNTED)
AGE = Histogram("shifumi_live_box_age_seconds", "Age of the drawn boxes.", buckets=_BUCKETS_S, registry=COUNTED)


def note_result(model: str, took_s: float, failed: bool) -> None:
    """A model has answered a frame, or failed on it, after ``took_s`` seconds."""
    (ERRORS if failed else RESULTS).labels(model).inc()
    TOOK.observe(took_s)


class Watched(Protocol):
    """A stream: how long ago its last frame came, in seconds; None before the first."""

    @property
    def silent_s(self) -> float | None: ...


class Named(Protocol):
    """What a detector thread is known by."""

    @property
    def name(self) -> str: ...


class Shared(Protocol):
    """A detector thread: its model, and how many streams ask it."""

    @property
    def model(self) -> Named: ...

    @property
    def subscriptions(self) -> int: ...


class LiveCollector(Collector):
    """What is counted, and who watches which model right now. One per process, as all streams of it are told."""

    def __init__(self) -> None:
        self._viewers: WeakSet[Watched] = WeakSet()
        self._engines: WeakSet[Shared] = WeakSet()
        self._lock = threading.Lock()  # a set that grows cannot be gone through

    def add_viewer(self, viewer: Watched) -> None:
        with self._lock:
            self._viewers.add(viewer)

    def add_engine(self, engine: Shared) -> None:
        with self._lock:
            self._engines.add(engine)

    def collect(self) -> Iterator[Metric]:
        yield from COUNTED.collect()
        with self._lock:
            viewers, engines = list(self._viewers), list(self._engines)
        silences = [viewer.silent_s for viewer in viewers]
        watching = sum(silence is not None and silence < WATCHING_S for silence in silences)
        yield single("shifumi_live_viewers", "Streams with a recent frame.", watching)
        subscriptions = Counts(engine.model.name for engine in engines for _subscription in range(engine.subscriptions))
        yield gauge(
            "shifumi_live_model_viewers",
            "Streams that use this model.",
            ("model",),
            [((name,), count) for name, count in subscriptions.items()],
        )


LIVE = LiveCollector()
