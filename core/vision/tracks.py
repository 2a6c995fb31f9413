"""Steady boxes: what a detector says about the same hand in successive frames, put together."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.vision.classes import CLASSES
from core.vision.detections import Detections

MEMORY = 6
"""Frames whose votes name a hand: at 20 results a second a changed hand has its new name after 0.2 s."""

_SAME_HAND = 0.3
_HELD = 2


@dataclass(slots=True)
class _Track:
    box: NDArray[np.float32]
    votes: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=MEMORY))
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Hand:
    """A hand as it is shown: box (left, top, right, bottom in pixels), class index, confidence 0 to 1."""

    box: tuple[float, float, float, float]
    label: int
    confidence: float

    @property
    def name(self) -> str:
        return CLASSES[self.label]


class Tracker:
    """Follows hands from frame to frame by overlap; not safe between threads."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []

    def update(self, found: Detections) -> tuple[Hand, ...]:
        """Take the next frame's boxes; returns what to show, most confident first.

        The name is the class with the greatest sum of confidences over the last frames. A box that is missing for
        up to two frames stays where it was, which keeps the picture from flickering.
        """
        free = list(range(len(found)))
        for track in self._tracks:
            best = max(free, key=lambda index: overlap(track.box, found.boxes[index]), default=None)
            if best is not None and overlap(track.box, found.boxes[best]) >= _SAME_HAND:
                free.remove(best)
                _see(track, found, best)
            else:
                track.missed += 1
        self._tracks = [track for track in self._tracks if track.missed <= _HELD]
        for index in free:
            track = _Track(found.boxes[index])
            _see(track, found, index)
            self._tracks.append(track)
        return tuple(sorted(map(_shown, self._tracks), key=lambda hand: -hand.confidence))

    def clear(self) -> None:
        self._tracks = []


def _see(track: _Track, found: Detections, index: int) -> None:
    track.box, track.missed = found.boxes[index], 0
    track.votes.append((int(found.labels[index]), float(found.scores[index])))


def _shown(track: _Track) -> Hand:
    sums = [sum(score for label, score in track.votes if label == wanted) for wanted in range(len(CLASSES))]
    winner = int(np.argmax(sums))
    left, top, right, bottom = (float(value) for value in track.box)
    return Hand((left, top, right, bottom), winner, sums[winner] / len(track.votes))


def overlap(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Intersection over union of two boxes (left, top, right, bottom), 0 to 1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = float(width * height)
    union = float((one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])) - shared
    return shared / union if union > 0 else 0.0
