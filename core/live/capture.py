"""Recording: frames become labelled images while a button is held.

The stream's thread only puts a frame into a short queue now and then; a worker thread of the recording proposes a box,
assigns the chosen class and stores the image. It ends when everything is stored.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from loguru import logger

from core.auth.roles import Actor, Role, require
from core.images.shots import Shot, person_named
from core.live.frames import Frame
from core.vision.detections import Pixels

PER_SECOND = 12.0
LONGEST_S = 30.0
"""Maximum duration: a recording whose browser disconnected ends by itself."""

GUIDE = (0.25, 0.15, 0.75, 0.85)
"""Guide box (left, top, right, bottom as shares): where to place the object when nothing can detect it."""

_WAITING = 4
_SLACK_S = 0.005  # cameras are not that punctual

SaveImage = Callable[[Actor, Pixels, str, Shot], str]
"""Store an image (actor, pixels, label, who and when); returns the name of the proposer of its box."""


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """The result of a recording, ``hold`` is its name. ``proposers`` counts the boxes by proposer."""

    label: str
    hold: str
    stored: int = 0
    alike: int = 0
    proposers: tuple[tuple[str, int], ...] = ()
    problem: str | None = None
    done: bool = False


class Recorder:
    """The recordings of one stream, one at a time."""

    def __init__(self, keep: SaveImage | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.keep = keep
        self.guide = GUIDE
        self._clock = clock
        self._lock = threading.Lock()
        self._take: _Recording | None = None

    @property
    def holding(self) -> bool:
        return self._take is not None and not self._take.closed

    @property
    def captured(self) -> CaptureResult | None:
        """The current recording, or the last one."""
        return self._take.captured() if self._take is not None else None

    def begin(self, actor: Actor, label: str, person: str | None = None) -> None:
        """Start a recording of ``person``, by default of the actor. Does nothing while one runs.

        Raises ``ForbiddenError``.
        """
        require(actor, Role.EDITOR)
        with self._lock:
            if self.holding or self.keep is None:
                return
            self._take = _Recording(actor, label, person or actor.username, self.keep, self._clock())

    def end(self) -> None:
        """Stop recording; queued frames are still stored. Idempotent, returns immediately."""
        if self._take is not None:
            self._take.close()

    def offer(self, frame: Frame) -> None:
        """Add a frame. Returns immediately, also when the disk is slow."""
        if self._take is not None:
            self._take.offer(frame)


class _Recording:
    """One recording: one user, one label, one person, one hold of the button."""

    def __init__(self, actor: Actor, label: str, person: str, keep: SaveImage, now: float) -> None:
        self.actor, self.label, self.person = actor, label, person_named(person)
        self.hold = f"webcam-{uuid4().hex[:12]}"
        self._began_at = datetime.now(UTC)
        self.closed = False
        self._keep = keep
        self._began, self._next_at = now, now
        self._queue: queue.Queue[Frame | None] = queue.Queue()
        self._stored = self._alike = 0
        self._proposers: dict[str, int] = {}
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._work, name="capture", daemon=True)
        self._thread.start()

    def offer(self, frame: Frame) -> None:
        if self.closed:
            return
        if frame.at - self._began > LONGEST_S:
            self.close()
        elif frame.at + _SLACK_S >= self._next_at and self._queue.qsize() < _WAITING:
            self._next_at = max(self._next_at + 1 / PER_SECOND, frame.at - 1 / PER_SECOND)
            self._queue.put(frame)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._queue.put(None)

    def captured(self) -> CaptureResult:
        proposers = tuple(sorted(self._proposers.items()))
        done = not self._thread.is_alive()
        return CaptureResult(self.label, self.hold, self._stored, self._alike, proposers, self._problem, done)

    def _work(self) -> None:
        last: Pixels | None = None
        while (frame := self._next()) is not None:
            small = thumbnail(frame.pixels)
            if last is not None and alike(last, small):
                self._alike += 1
                continue
            if not self._stored_one(frame):
                self.close()
                return
            last = small

    def _next(self) -> Frame | None:
        try:
            return self._queue.get(timeout=LONGEST_S)
        except queue.Empty:  # the stream stopped without notice
            self.closed = True
            return None

    def _stored_one(self, frame: Frame) -> bool:
        shot = Shot(self.person, self._began_at + timedelta(seconds=frame.at - self._began), self.hold)
        try:
            proposer = self._keep(self.actor, frame.pixels, self.label, shot)
        except Exception as error:  # noqa: BLE001 - a worker that dies silently would leave a button that does nothing
            logger.opt(exception=error).error("Recording stopped")
            self._problem = str(error)
            return False
        self._stored += 1
        self._proposers[proposer] = self._proposers.get(proposer, 0) + 1
        return True


def thumbnail(pixels: Pixels) -> Pixels:
    """The image at 32×24, shape (24, 32, 3), for comparing frames."""
    import cv2
    import numpy as np

    return np.asarray(cv2.resize(pixels, (32, 24), interpolation=cv2.INTER_AREA), np.uint8)


def alike(one: Pixels, other: Pixels) -> bool:
    """Whether two thumbnails are equal except for camera noise."""
    import numpy as np

    difference = np.abs(one.astype(np.int16) - other.astype(np.int16))
    return bool(difference.mean() < 1.0 and difference.max() < 12)
