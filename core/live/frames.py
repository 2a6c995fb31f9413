"""What travels between a stream, the detectors and whoever looks at their answers."""

from __future__ import annotations

from dataclasses import dataclass

from core.vision.detections import Detections, Detector, Pixels


@dataclass(frozen=True, slots=True)
class Model:
    """A detector in memory. ``key`` is unique per version and content; ``name`` is for people."""

    key: str
    name: str
    detector: Detector


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a stream; ``at`` is when it came, in seconds of the stream's clock."""

    pixels: Pixels
    at: float


@dataclass(frozen=True, slots=True)
class Result:
    """What a model says about one frame. After an exception ``found`` is empty and ``error`` says why."""

    frame: Frame
    found: Detections
    model: Model
    took_s: float
    error: str | None = None
