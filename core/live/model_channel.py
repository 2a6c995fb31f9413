"""One model's results for one stream."""

from __future__ import annotations

from collections.abc import Callable

from core.live import live_metrics
from core.live.engine_pool import EnginePool, Subscription
from core.live.frames import Frame, Model, Result
from core.live.stats import Rate, Recent
from core.vision import drawing
from core.vision.detections import Pixels
from core.vision.tracks import ShownBox, Tracker

STALE_S = 1.0
"""Boxes older than this are not drawn: the object has probably moved."""


class ModelChannel:
    """Subscribes to the engine of the selected model, and switches between two frames when the selection changes."""

    def __init__(
        self, pool: EnginePool, clock: Callable[[], float], heard: Callable[[Result], None] | None = None
    ) -> None:
        self.rate = Rate()
        self.ages_ms = Recent()
        self.took_ms = Recent()
        self._answer: tuple[Result, tuple[ShownBox, ...]] | None = None
        self._pool = pool
        self._clock = clock
        self._heard = heard
        self._tracker = Tracker(())
        self._confidence = 0.0
        self._subscription: Subscription | None = None

    @property
    def result(self) -> Result | None:
        """The newest result."""
        return self._answer[0] if self._answer else None

    @property
    def boxes(self) -> tuple[ShownBox, ...]:
        """The tracked boxes of the newest result."""
        return self._answer[1] if self._answer else ()

    def offer(self, frame: Frame, model: Model | None, confidence: float) -> None:
        """Submit a frame to ``model``; without a model nothing happens."""
        self._confidence = confidence
        if model is None:
            self.leave()
            return
        if self._subscription is None or self._subscription.engine.model.key != model.key:
            self._move(model)
        if self._subscription is not None:
            self._subscription.offer(frame)

    def leave(self) -> None:
        """Unsubscribe and discard all results, including late ones."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.leave()
        self._answer = None

    def _move(self, model: Model) -> None:
        """Until the new model returns a result, the old one's boxes stay visible."""
        old, self._subscription = self._subscription, self._pool.join(model, self._take)
        self._tracker = Tracker(model.detector.classes)
        self.ages_ms.clear()
        self.took_ms.clear()
        if old is not None:
            old.leave()

    def _take(self, result: Result) -> None:
        subscription = self._subscription
        if subscription is None or subscription.engine.model is not result.model:
            return  # the detector was still at it when the stream moved on
        self._answer = result, self._tracker.update(result.found.above(self._confidence))
        self.rate.tick(self._clock())
        self.took_ms.add(1000 * result.took_s)
        if self._heard is not None:
            self._heard(result)

    def draw(self, picture: Pixels, now: float, colour: drawing.Colour, mirrored: bool, below: bool = False) -> None:
        """Draw the newest boxes into ``picture`` and record their age."""
        answer = self._answer
        if answer is None or now - answer[0].frame.at > STALE_S:
            return
        self.ages_ms.add(1000 * (now - answer[0].frame.at))
        live_metrics.AGE.observe(now - answer[0].frame.at)
        for box in answer[1]:
            shown = drawing.mirrored_box(box, picture.shape[1]) if mirrored else box
            drawing.draw_box(picture, shown, colour, below)
