"""Tracking: combines the detections of successive frames into steady boxes."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Detections

MEMORY = 6
"""Number of frames whose votes determine the class: at 20 results a second a changed class shows after 0.2 s."""

_SAME_THING = 0.3
_SAME_PLACE = 0.98
_HELD = 2


@dataclass(slots=True)
class _Track:
    box: NDArray[np.float32]
    votes: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=MEMORY))
    missed: int = 0


@dataclass(frozen=True, slots=True)
class ShownBox:
    """A displayed box: left, top, right, bottom in pixels, the class name, confidence 0 to 1."""

    box: tuple[float, float, float, float]
    name: str
    confidence: float


def to_shown_boxes(found: Detections, classes: Sequence[str]) -> tuple[ShownBox, ...]:
    """The boxes of a single image for display, most confident first: one per place."""
    return Tracker(classes).update(found)


class Tracker:
    """Follows objects from frame to frame by overlap; not thread-safe. ``classes`` are the model's."""

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = classes
        self._tracks: list[_Track] = []

    def update(self, found: Detections) -> tuple[ShownBox, ...]:
        """Process the next frame's boxes; returns the boxes to display, most confident first.

        The class is the one with the greatest sum of confidences over the last frames. A box that is missing for up to
        two frames stays in place, which avoids flicker. Of several detections in one place, as from whole-image
        classifiers, only the most confident counts.
        """
        free = _one_per_place(found)
        for track in self._tracks:
            best = max(free, key=lambda index: overlap(track.box, found.boxes[index]), default=None)
            if best is not None and overlap(track.box, found.boxes[best]) >= _SAME_THING:
                free.remove(best)
                _see(track, found, best)
            else:
                track.missed += 1
        self._tracks = [track for track in self._tracks if track.missed <= _HELD]
        for index in free:
            track = _Track(found.boxes[index])
            _see(track, found, index)
            self._tracks.append(track)
        return tuple(sorted(map(self._shown, self._tracks), key=lambda shown: -shown.confidence))

    def clear(self) -> None:
        self._tracks = []

    def _shown(self, track: _Track) -> ShownBox:
        sums: defaultdict[int, float] = defaultdict(float)
        for label, score in track.votes:
            sums[label] += score
        winner = min(sums, key=lambda label: (-sums[label], label))
        left, top, right, bottom = (float(value) for value in track.box)
        return ShownBox((left, top, right, bottom), self._classes[winner], sums[winner] / len(track.votes))


def _one_per_place(found: Detections) -> list[int]:
    kept: list[int] = []
    for index in range(len(found)):
        if all(overlap(found.boxes[other], found.boxes[index]) < _SAME_PLACE for other in kept):
            kept.append(index)
    return kept


def _see(track: _Track, found: Detections, index: int) -> None:
    track.box, track.missed = found.boxes[index], 0
    track.votes.append((int(found.labels[index]), float(found.scores[index])))


def overlap(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Intersection over union of two boxes (left, top, right, bottom), 0 to 1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = float(width * height)
    union = float((one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])) - shared
    return shared / union if union > 0 else 0.0
