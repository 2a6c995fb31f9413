"""One inference thread per model, shared by all streams.

Each stream has a subscription with room for one frame: a newer frame replaces an unprocessed one, so nothing queues and
the video never waits for the model. Subscriptions with a frame are served in turn. The thread starts with the first
frame and ends after a period without frames, even if a subscriber did not leave.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from weakref import WeakValueDictionary

from loguru import logger

from core.live import live_metrics
from core.live.frames import Frame, Model, Result
from core.vision.detections import no_detections

MIN_CONFIDENCE = 0.1
"""Engines return all boxes from here on; each viewer applies its own threshold."""

IDLE_S = 3.0

ResultCallback = Callable[[Result], None]
"""Called with each result in the inference thread; must return quickly."""


class Subscription:
    """One stream's subscription to an engine."""

    def __init__(self, engine: Engine, take: ResultCallback) -> None:
        self.engine = engine
        self.take = take
        self.waiting: Frame | None = None

    def offer(self, frame: Frame) -> None:
        """Replace the pending frame. Returns immediately."""
        self.engine.offer(self, frame)

    def leave(self) -> None:
        self.engine.leave(self)


class Engine:
    """The inference thread of one model."""

    def __init__(self, model: Model, idle_s: float = IDLE_S, clock: Callable[[], float] = time.monotonic) -> None:
        self.model = model
        self._idle_s = idle_s
        self._clock = clock
        self._bell = threading.Condition()
        self._subscriptions: deque[Subscription] = deque()
        self._thread: threading.Thread | None = None
        self._last_error: str | None = None
        live_metrics.COLLECTOR.add_engine(self)

    @property
    def subscriptions(self) -> int:
        return len(self._subscriptions)

    @property
    def working(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None

    def join(self, take: ResultCallback) -> Subscription:
        subscription = Subscription(self, take)
        with self._bell:
            self._subscriptions.append(subscription)
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """Idempotent. Without subscriptions the thread ends after the current frame."""
        with self._bell:
            subscription.waiting = None
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)
            self._bell.notify()

    def offer(self, subscription: Subscription, frame: Frame) -> None:
        with self._bell:
            if subscription not in self._subscriptions:
                return
            if subscription.waiting is not None:
                live_metrics.DROPPED.inc()
            subscription.waiting = frame
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"detect-{self.model.name}", daemon=True)
                self._thread.start()
            self._bell.notify()

    def _run(self) -> None:
        while (work := self._next()) is not None:
            subscription, frame = work
            try:
                subscription.take(self._look(frame))
            except Exception:  # noqa: BLE001 - one viewer's trouble must not stop the others' detector
                logger.exception("A viewer could not take the detector's result")

    def _next(self) -> tuple[Subscription, Frame] | None:
        """The next frame in turn; None ends the thread."""
        with self._bell:
            self._bell.wait_for(lambda: self._waiting() or not self._subscriptions, self._idle_s)
            if not self._waiting():
                self._thread = None
                return None
            while True:
                subscription = self._subscriptions[0]
                self._subscriptions.rotate(-1)  # to the end of the line, whether it had a frame or not
                if subscription.waiting is not None:
                    frame, subscription.waiting = subscription.waiting, None
                    return subscription, frame

    def _waiting(self) -> bool:
        return any(subscription.waiting is not None for subscription in self._subscriptions)

    def _look(self, frame: Frame) -> Result:
        began = self._clock()
        try:
            found, error = self.model.detector.detect(frame.pixels, MIN_CONFIDENCE), None
            self._last_error = None
        except Exception as problem:  # noqa: BLE001 - any error of a model is shown on the page, and the stream continues
            found, error = no_detections(), f"{type(problem).__name__}: {problem}"
            if error != self._last_error:  # once, not thirty times a second
                logger.opt(exception=problem).error("{} failed on a frame", self.model.name)
            self._last_error = error
        took_s = self._clock() - began
        live_metrics.record_result(self.model.name, took_s, failed=error is not None)
        return Result(frame, found, self.model, took_s, error)


class EnginePool:
    """The engines of this process. An engine exists while it has subscriptions."""

    def __init__(self) -> None:
        self._engines: WeakValueDictionary[str, Engine] = WeakValueDictionary()
        self._lock = threading.Lock()

    def join(self, model: Model, take: ResultCallback) -> Subscription:
        """Subscribe to the engine of ``model``, created on first use."""
        with self._lock:
            engine = self._engines.get(model.key)
            if engine is None:
                engine = self._engines[model.key] = Engine(model)
            return engine.join(take)

    def engines(self) -> list[Engine]:
        with self._lock:
            return list(self._engines.values())
