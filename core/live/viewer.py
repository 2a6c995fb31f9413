"""One person's stream: what happens with each frame, and what the page may ask about it.

:meth:`Viewer.see` is called for each frame in the stream's own thread. It hands the frame to the detectors'
mailboxes and to the recorder, draws the newest boxes that are known, and returns: it never waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import uuid4

from loguru import logger

from core.live import game, meter
from core.live.capture import Recorder
from core.live.engine_pool import EnginePool
from core.live.frames import Frame, Model, Result
from core.live.model_channel import ModelChannel
from core.live.overlay import caption
from core.live.stats import Rate
from core.vision import drawing
from core.vision.detections import Detections, Pixels
from core.vision.tracks import ShownBox

Source = Callable[[], Model | None]
"""The model to ask now; called for each frame, so it answers at once. None: none is there (yet)."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person has chosen. ``rival`` is a second model whose boxes are drawn beside the first one's."""

    main: Source
    rival: Source | None = None
    confidence: float = 0.4
    mirrored: bool = True


@dataclass(frozen=True, slots=True)
class Answers:
    """How one model does: its name, boxes on the newest frame, results per second, milliseconds, trouble."""

    model: str
    boxes: tuple[ShownBox, ...]
    per_second: float
    age_ms: float | None
    took_ms: float | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """A stream at one moment. ``silent_s``: since the last frame came; None before the first one."""

    frames_per_second: float
    silent_s: float | None
    main: Answers | None
    rival: Answers | None
    match: game.Match | None


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame with what the model said about it, kept in memory only."""

    pixels: Pixels
    said: Detections
    model: str
    classes: tuple[str, ...]


class Viewer:
    """Made once per browser tab. All methods may be called from any thread.

    ``session`` groups what is flagged here: one person, one place.
    """

    def __init__(self, pool: EnginePool, wishes: Wishes, clock: Callable[[], float] = time.monotonic) -> None:
        self.wishes = wishes
        self.session = f"live-{uuid4().hex[:12]}"
        self.recorder = Recorder(clock=clock)
        self._clock = clock
        self._lock = threading.Lock()
        self._match: game.Match | None = None
        self._rate = Rate()
        self._main = ModelChannel(pool, clock, self._heard)
        self._rival = ModelChannel(pool, clock)
        self._last_at: float | None = None
        self._failing = False
        meter.LIVE.add_viewer(self)

    def see(self, pixels: Pixels) -> Pixels:
        """A frame came (height, width, 3; blue-green-red); returns the one to send back. Never raises."""
        frame = Frame(pixels, self._clock())
        self._last_at = frame.at
        self._rate.tick(frame.at)
        meter.FRAMES.inc()
        try:
            answer = self._worked_on(frame)
            self._failing = False
        except Exception:  # noqa: BLE001 - an exception here would end the stream: the bare picture goes back instead
            if not self._failing:
                logger.exception("A frame could not be processed")
            self._failing = True
            return pixels
        return answer

    def end(self) -> None:
        """The stream is over: leave the detectors, end a recording. The next frame starts anew. Never waits."""
        self.recorder.end()
        self._main.leave()
        self._rival.leave()
        self._last_at = None
        with self._lock:
            self._match = None

    def _worked_on(self, frame: Frame) -> Pixels:
        wishes = self.wishes
        self._main.offer(frame, wishes.main(), wishes.confidence)
        self._rival.offer(frame, wishes.rival() if wishes.rival else None, wishes.confidence)
        self.recorder.offer(frame)
        match = self._advanced(frame.at)
        picture = drawing.mirrored(frame.pixels) if wishes.mirrored else frame.pixels.copy()
        self._rival.draw(picture, frame.at, drawing.RIVAL, wishes.mirrored, below=True)
        self._main.draw(picture, frame.at, drawing.MAIN, wishes.mirrored)
        if self.recorder.holding:
            drawing.draw_guide(picture, self.recorder.guide, drawing.RIVAL)
        if words := caption(match, frame.at):
            drawing.draw_words(picture, words)
        return picture

    def _heard(self, result: Result) -> None:
        """A result about the main model came: a running game reads what is shown from it."""
        found = result.found.above(self.wishes.confidence)
        if len(found) == 0:
            return
        with self._lock:
            if self._match is not None:
                throw = result.model.detector.classes[int(found.labels[0])]
                self._match = game.saw(self._match, result.frame.at, throw, float(found.scores[0]))

    def _advanced(self, now: float) -> game.Match | None:
        with self._lock:
            if self._match is not None:
                self._match = game.advance(self._match, now)
            return self._match

    def play(self, beats: Mapping[str, str]) -> None:
        """A new game in which a class beats another one, or a paused one goes on."""
        with self._lock:
            paused = self._match is not None and self._match.phase is game.Phase.PAUSED
            now = self._clock()
            self._match = game.resume(self._match, now) if self._match and paused else game.begin(now, beats)

    def pause(self) -> None:
        """The person looks elsewhere: a game that runs waits."""
        with self._lock:
            if self._match is not None:
                self._match = game.pause(self._match, self._clock())

    def give_up(self) -> None:
        with self._lock:
            self._match = None

    def moment(self) -> Moment | None:
        """The newest frame that the main model has answered."""
        result = self._main.result
        if result is None:
            return None
        found = result.found.above(self.wishes.confidence)
        return Moment(result.frame.pixels, found, result.model.name, result.model.detector.classes)

    @property
    def model(self) -> Model | None:
        """The main model of the newest answer."""
        return self._main.result.model if self._main.result else None

    @property
    def silent_s(self) -> float | None:
        """Seconds since the last frame came; None before the first one."""
        return None if self._last_at is None else self._clock() - self._last_at

    def report(self) -> Report:
        now = self._clock()
        return Report(
            self._rate.per_second(now),
            self.silent_s,
            self._answers(self._main, now),
            self._answers(self._rival, now),
            self._match,
        )

    def _answers(self, slot: ModelChannel, now: float) -> Answers | None:
        result = slot.result
        if result is None:
            return None
        return Answers(
            result.model.name,
            slot.boxes,
            slot.rate.per_second(now),
            slot.ages_ms.median(),
            slot.took_ms.median(),
            result.error,
        )
