"""Data passed between a stream, the engines and the consumers of their results."""

from __future__ import annotations

from dataclasses import dataclass

from core.vision.detections import Detections, Detector, Pixels


@dataclass(frozen=True, slots=True)
class Model:
    """A model in memory. ``key`` is unique per version and content; ``name`` is displayed."""

    key: str
    name: str
    detector: Detector


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a stream; ``at`` is its time in seconds of the stream's clock."""

    pixels: Pixels
    at: float


@dataclass(frozen=True, slots=True)
class Result:
    """The result for one frame. After an exception ``found`` is empty and ``error`` is the message."""

    frame: Frame
    found: Detections
    model: Model
    took_s: float
    error: str | None = None
