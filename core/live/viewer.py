"""One user's video stream: processes each frame, and reports its state to the page.

:meth:`Viewer.process_frame` is called for each frame in the stream's own thread. It passes the frame to the engines and
to the recorder, draws the newest known boxes, and returns: it never blocks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import uuid4

from loguru import logger

from core.live import game, live_metrics
from core.live.capture import Recorder
from core.live.engine_pool import EnginePool
from core.live.frames import Frame, Model, Result
from core.live.model_channel import ModelChannel
from core.live.overlay import caption
from core.live.stats import Rate
from core.vision import drawing
from core.vision.detection_formats import SHOWN_CONFIDENCE
from core.vision.detections import Detections, Pixels
from core.vision.tracks import ShownBox

Source = Callable[[], Model | None]
"""Returns the model to use now, None when there is none (yet). Called for each frame, so it must return immediately."""


@dataclass(frozen=True, slots=True)
class ViewerOptions:
    """The user's choices. ``rival`` is a second model whose boxes are drawn for comparison."""

    main: Source
    rival: Source | None = None
    confidence: float = SHOWN_CONFIDENCE
    mirrored: bool = True


@dataclass(frozen=True, slots=True)
class ModelReport:
    """The state of one model: name, boxes on the newest frame, results per second, milliseconds, problem."""

    model: str
    boxes: tuple[ShownBox, ...]
    per_second: float
    age_ms: float | None
    took_ms: float | None
    error: str | None


@dataclass(frozen=True, slots=True)
class ViewerReport:
    """The state of a stream. ``silent_s``: seconds since the last frame; None before the first one."""

    frames_per_second: float
    silent_s: float | None
    main: ModelReport | None
    rival: ModelReport | None
    match: game.Match | None


@dataclass(frozen=True, slots=True)
class AnsweredFrame:
    """A frame with the model's result, kept in memory only."""

    pixels: Pixels
    said: Detections
    model: str
    classes: tuple[str, ...]


class Viewer:
    """Created once per browser tab. All methods are thread-safe.

    ``session`` groups the frames flagged in this stream; ``person`` is who is on them, None until somebody said so.
    """

    def __init__(self, pool: EnginePool, wishes: ViewerOptions, clock: Callable[[], float] = time.monotonic) -> None:
        self.wishes = wishes
        self.session = f"live-{uuid4().hex[:12]}"
        self.person: str | None = None
        self.recorder = Recorder(clock=clock)
        self._clock = clock
        self._lock = threading.Lock()
        self._match: game.Match | None = None
        self._rate = Rate()
        self._main = ModelChannel(pool, clock, self._heard)
        self._rival = ModelChannel(pool, clock)
        self._last_at: float | None = None
        self._failing = False
        live_metrics.COLLECTOR.add_viewer(self)

    def process_frame(self, pixels: Pixels) -> Pixels:
        """Process a frame (height, width, 3; blue-green-red); returns the frame to display. Never raises."""
        frame = Frame(pixels, self._clock())
        self._last_at = frame.at
        self._rate.tick(frame.at)
        live_metrics.FRAMES.inc()
        try:
            answer = self._worked_on(frame)
            self._failing = False
        except Exception:  # noqa: BLE001 - an exception here would end the stream: the unchanged frame is returned instead
            if not self._failing:
                logger.exception("A frame could not be processed")
            self._failing = True
            return pixels
        return answer

    def end(self) -> None:
        """The stream ended: unsubscribe, end a recording. The next frame starts anew. Never blocks."""
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
        """Handle a result of the main model: a running game reads the throw from it."""
        found = result.found.above(self.wishes.confidence)
        if len(found) == 0:
            return
        with self._lock:
            if self._match is not None:
                throw = result.model.detector.classes[int(found.labels[0])]
                self._match = game.observe(self._match, result.frame.at, throw, float(found.scores[0]))

    def _advanced(self, now: float) -> game.Match | None:
        with self._lock:
            if self._match is not None:
                self._match = game.advance(self._match, now)
            return self._match

    def play(self, beats: Mapping[str, str]) -> None:
        """Start a game in which a class beats another one, or resume a paused one."""
        with self._lock:
            paused = self._match is not None and self._match.phase is game.Phase.PAUSED
            now = self._clock()
            self._match = game.resume(self._match, now) if self._match and paused else game.begin(now, beats)

    def pause(self) -> None:
        """Pause a running game."""
        with self._lock:
            if self._match is not None:
                self._match = game.pause(self._match, self._clock())

    def give_up(self) -> None:
        with self._lock:
            self._match = None

    def moment(self) -> AnsweredFrame | None:
        """The newest frame with a result of the main model."""
        result = self._main.result
        if result is None:
            return None
        found = result.found.above(self.wishes.confidence)
        return AnsweredFrame(result.frame.pixels, found, result.model.name, result.model.detector.classes)

    @property
    def model(self) -> Model | None:
        """The main model of the newest result."""
        return self._main.result.model if self._main.result else None

    @property
    def silent_s(self) -> float | None:
        """Seconds since the last frame; None before the first one."""
        return None if self._last_at is None else self._clock() - self._last_at

    def report(self) -> ViewerReport:
        now = self._clock()
        return ViewerReport(
            self._rate.per_second(now),
            self.silent_s,
            self._answers(self._main, now),
            self._answers(self._rival, now),
            self._match,
        )

    def _answers(self, slot: ModelChannel, now: float) -> ModelReport | None:
        result = slot.result
        if result is None:
            return None
        return ModelReport(
            result.model.name,
            slot.boxes,
            slot.rate.per_second(now),
            slot.ages_ms.median(),
            slot.took_ms.median(),
            result.error,
        )
