"""One model's answers about one stream."""

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
"""Boxes older than this are not drawn: what they show is elsewhere by now."""


class ModelChannel:
    """Sits at the engine of whichever model is wanted, and moves between two frames when that changes."""

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
        """The newest answer."""
        return self._answer[0] if self._answer else None

    @property
    def boxes(self) -> tuple[ShownBox, ...]:
        """The boxes of the newest answer, steadied."""
        return self._answer[1] if self._answer else ()

    def offer(self, frame: Frame, model: Model | None, confidence: float) -> None:
        """Ask ``model`` about a frame. Without a model nothing is asked."""
        self._confidence = confidence
        if model is None:
            self.leave()
            return
        if self._subscription is None or self._subscription.engine.model.key != model.key:
            self._move(model)
        if self._subscription is not None:
            self._subscription.offer(frame)

    def leave(self) -> None:
        """What was answered is forgotten too; what still comes from there is not taken."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.leave()
        self._answer = None

    def _move(self, model: Model) -> None:
        """Until the new model answers, what the old one said stays in the picture."""
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
        """The newest boxes, drawn into ``picture``; notes how old they are."""
        answer = self._answer
        if answer is None or now - answer[0].frame.at > STALE_S:
            return
        self.ages_ms.add(1000 * (now - answer[0].frame.at))
        live_metrics.AGE.observe(now - answer[0].frame.at)
        for box in answer[1]:
            shown = drawing.mirrored_box(box, picture.shape[1]) if mirrored else box
            drawing.draw_box(picture, shown, colour, below)
