"""Streams without a camera: pictures with coloured squares for hands, and a detector that really finds them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from core.live.frames import Model
from core.models import registry
from core.models.serving import Served
from core.vision.detections import Detections, Pixels, no_detections
from core.workloads.rps.classes import CLASSES

COLOURS = {"rock": (0, 0, 255), "paper": (0, 255, 0), "scissors": (255, 0, 0)}
SIZE = 80


def picture(throw: str | None = None, left: int = 100, top: int = 60, width: int = 320, height: int = 240) -> Pixels:
    """A grey picture; with a throw there is its square on it."""
    pixels = np.full((height, width, 3), 90, np.uint8)
    if throw:
        pixels[top : top + SIZE, left : left + SIZE] = COLOURS[throw]
    return pixels


class SquareDetector:
    """Finds the squares of :func:`picture` by their colour, with confidence 0.9."""

    classes = CLASSES

    def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
        boxes, labels = [], []
        for label, throw in enumerate(CLASSES):
            found = np.abs(picture.astype(np.int16) - COLOURS[throw]).max(axis=2) < 40
            if found.any():
                rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
                boxes.append([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
                labels.append(label)
        if not boxes:
            return no_detections()
        return Detections(np.array(boxes, np.float32), np.full(len(boxes), 0.9, np.float32), np.array(labels, np.int64))

    def smoke(self) -> None:
        """It cannot fail."""


@dataclass
class HeldDetector:
    """Works on a frame only when the test lets it; ``seen`` are the frames it began with, in order."""

    classes: tuple[str, ...] = CLASSES
    seen: list[int] = field(default_factory=list)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go_on: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
        self.seen.append(int(picture[0, 0, 0]))
        self.begun.release()
        assert self.go_on.acquire(timeout=10)
        return no_detections()

    def smoke(self) -> None:
        """It cannot fail."""


class BrokenDetector:
    """Throws on each frame."""

    classes = CLASSES

    def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
        raise RuntimeError("the graph fell apart")

    def smoke(self) -> None:
        """It cannot fail; only detecting does."""


def numbered(number: int) -> Pixels:
    """A small picture that a :class:`HeldDetector` knows again."""
    return np.full((4, 4, 3), number, np.uint8)


def served(detector: object, workload: str = "rps") -> Served:
    """What ``core.models.serving.served_starter`` gives when this detector ships with the workload."""
    return Served(registry.starter_version(workload), detector, datetime.now(UTC))


def model(detector: object, name: str = "v1") -> Model:
    return Model(name, name, detector)  # type: ignore[arg-type]
