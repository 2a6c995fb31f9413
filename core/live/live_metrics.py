"""Prometheus metrics of live video. Counting a frame costs about a microsecond."""

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

VIEWER_TIMEOUT_S = 2.0
"""A stream without a frame for so long does not count as active."""

_BUCKETS_S = (0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.0, 2.5)

REGISTRY = CollectorRegistry()
FRAMES = Counter("shifumi_live_frames", "Frames received from cameras.", registry=REGISTRY)
DROPPED = Counter("shifumi_live_frames_skipped", "Frames replaced by a newer one before detection.", registry=REGISTRY)
RESULTS = Counter("shifumi_live_results", "Frames processed by a model.", ["model"], registry=REGISTRY)
ERRORS = Counter("shifumi_live_detector_errors", "Frames on which a model failed.", ["model"], registry=REGISTRY)
TOOK = Histogram("shifumi_live_detection_seconds", "Detection time per frame.", buckets=_BUCKETS_S, registry=REGISTRY)
AGE = Histogram("shifumi_live_box_age_seconds", "Age of the drawn boxes.", buckets=_BUCKETS_S, registry=REGISTRY)


def record_result(model: str, took_s: float, failed: bool) -> None:
    """Record that a model processed a frame in ``took_s`` seconds, or failed."""
    (ERRORS if failed else RESULTS).labels(model).inc()
    TOOK.observe(took_s)


class ViewerInfo(Protocol):
    """A stream: seconds since its last frame; None before the first one."""

    @property
    def silent_s(self) -> float | None: ...


class ModelInfo(Protocol):
    """The name of an engine's model."""

    @property
    def name(self) -> str: ...


class EngineInfo(Protocol):
    """An engine: its model and the number of its subscriptions."""

    @property
    def model(self) -> ModelInfo: ...

    @property
    def subscriptions(self) -> int: ...


class LiveCollector(Collector):
    """Active streams per model at scrape time. One per process."""

    def __init__(self) -> None:
        self._viewers: WeakSet[ViewerInfo] = WeakSet()
        self._engines: WeakSet[EngineInfo] = WeakSet()
        self._lock = threading.Lock()  # a set must not grow during iteration

    def add_viewer(self, viewer: ViewerInfo) -> None:
        with self._lock:
            self._viewers.add(viewer)

    def add_engine(self, engine: EngineInfo) -> None:
        with self._lock:
            self._engines.add(engine)

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()
        with self._lock:
            viewers, engines = list(self._viewers), list(self._engines)
        silences = [viewer.silent_s for viewer in viewers]
        watching = sum(silence is not None and silence < VIEWER_TIMEOUT_S for silence in silences)
        yield single("shifumi_live_viewers", "Streams with a recent frame.", watching)
        subscriptions = Counts(engine.model.name for engine in engines for _subscription in range(engine.subscriptions))
        yield gauge(
            "shifumi_live_model_viewers",
            "Streams that use this model.",
            ("model",),
            [((name,), count) for name, count in subscriptions.items()],
        )


COLLECTOR = LiveCollector()
