"""One model's answers about one stream."""

from __future__ import annotations

from collections.abc import Callable

from core.live import meter
from core.live.engine_pool import Hub, Seat
from core.live.frames import Frame, Model, Result
from core.live.stats import Rate, Recent
from core.vision import drawing
from core.vision.detections import Pixels
from core.vision.tracks import Hand, Tracker

STALE_S = 1.0
"""Boxes older than this are not drawn: the hand is elsewhere by now."""


class Slot:
    """Sits at the engine of whichever model is wanted, and moves between two frames when that changes."""

    def __init__(self, hub: Hub, clock: Callable[[], float], heard: Callable[[Result], None] | None = None) -> None:
        self.rate = Rate()
        self.ages_ms = Recent()
        self.took_ms = Recent()
        self._answer: tuple[Result, tuple[Hand, ...]] | None = None
        self._hub = hub
        self._clock = clock
        self._heard = heard
        self._tracker = Tracker()
        self._confidence = 0.0
        self._seat: Seat | None = None

    @property
    def result(self) -> Result | None:
        """The newest answer."""
        return self._answer[0] if self._answer else None

    @property
    def hands(self) -> tuple[Hand, ...]:
        """The hands of the newest answer, steadied."""
        return self._answer[1] if self._answer else ()

    def offer(self, frame: Frame, model: Model | None, confidence: float) -> None:
        """Ask ``model`` about a frame. Without a model nothing is asked."""
        self._confidence = confidence
        if model is None:
            self.leave()
            return
        if self._seat is None or self._seat.engine.model.key != model.key:
            self._move(model)
        if self._seat is not None:
            self._seat.offer(frame)

    def leave(self) -> None:
        """What was answered is forgotten too; what still comes from there is not taken."""
        seat, self._seat = self._seat, None
        if seat is not None:
            seat.leave()
        self._answer = None

    def _move(self, model: Model) -> None:
        """Until the new model answers, what the old one said stays in the picture."""
        old, self._seat = self._seat, self._hub.join(model, self._take)
        self._tracker = Tracker()
        self.ages_ms.clear()
        self.took_ms.clear()
        if old is not None:
            old.leave()

    def _take(self, result: Result) -> None:
        seat = self._seat
        if seat is None or seat.engine.model is not result.model:
            return  # the detector was still at it when the stream moved on
        self._answer = result, self._tracker.update(result.found.above(self._confidence))
        self.rate.tick(self._clock())
        self.took_ms.add(1000 * result.took_s)
        if self._heard is not None:
            self._heard(result)

    def draw(self, picture: Pixels, now: float, colour: drawing.Colour, mirrored: bool, below: bool = False) -> None:
        """The newest hands, drawn into ``picture``; notes how old they are."""
        answer = self._answer
        if answer is None or now - answer[0].frame.at > STALE_S:
            return
        self.ages_ms.add(1000 * (now - answer[0].frame.at))
        meter.AGE.observe(now - answer[0].frame.at)
        for hand in answer[1]:
            shown = drawing.mirrored_hand(hand, picture.shape[1]) if mirrored else hand
            drawing.draw_hand(picture, shown, colour, below)
