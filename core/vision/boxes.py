"""Bounding boxes, validated on creation; relative (YOLO) or in pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.config.messages import say
from core.vision.provenance import PROVENANCES

Corners = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""

_SLACK = 1e-3
"""Annotation tools round: a border that exceeds the image by less than a thousandth is cut, not rejected."""


class BadBoxError(ValueError):
    """The box is invalid; the message says why."""


@dataclass(frozen=True, slots=True)
class NewBox:
    """A box that is not in the catalog yet. Centre, width and height are shares (0 to 1) of the image.

    It lies inside the image and has an area; rounding errors at the border are cut. ``confidence`` is the model's, or
    None. Raises :class:`BadBoxError`.
    """

    label: str
    x: float
    y: float
    width: float
    height: float
    provenance: str
    confidence: float | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.label) <= 32:
            raise BadBoxError(say("box.label"))
        if self.provenance not in PROVENANCES:
            raise BadBoxError(say("box.provenance", known=PROVENANCES, given=self.provenance))
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            raise BadBoxError(say("box.confidence", given=self.confidence))
        for axis, centre, size in (("x", "x", "width"), ("y", "y", "height")):
            low, high = _inside(axis, getattr(self, centre), getattr(self, size))
            object.__setattr__(self, centre, (low + high) / 2)
            object.__setattr__(self, size, high - low)


def _inside(axis: str, centre: float, size: float) -> tuple[float, float]:
    """Both borders on one axis, cut to the image."""
    if not (math.isfinite(centre) and math.isfinite(size)):
        raise BadBoxError(say("box.not_finite"))
    low, high = centre - size / 2, centre + size / 2
    if size <= 0:
        raise BadBoxError(say("box.no_size", size=size))
    if low < -_SLACK or high > 1 + _SLACK:
        raise BadBoxError(say("box.outside", axis=axis, low=low, high=high))
    low, high = max(low, 0.0), min(high, 1.0)
    if high - low <= 0:
        raise BadBoxError(say("box.no_area"))
    return low, high


def from_corners(
    label: str, corners: Corners, width: int, height: int, provenance: str, confidence: float | None = None
) -> NewBox:
    """A box from pixel corners on an image of ``width`` × ``height`` pixels, cut to the image.

    Raises :class:`BadBoxError` when no part of it lies in the image.
    """
    left, right = (min(max(value / width, 0.0), 1.0) for value in (corners[0], corners[2]))
    top, bottom = (min(max(value / height, 0.0), 1.0) for value in (corners[1], corners[3]))
    return NewBox(label, (left + right) / 2, (top + bottom) / 2, right - left, bottom - top, provenance, confidence)


def whole_image(label: str, provenance: str, confidence: float | None = None) -> NewBox:
    """The box of a whole-image label. Raises :class:`BadBoxError`."""
    return NewBox(label, 0.5, 0.5, 1.0, 1.0, provenance, confidence)


def to_corners(x: float, y: float, box_width: float, box_height: float, width: int, height: int) -> Corners:
    """Pixel corners of a relative box on an image of ``width`` × ``height`` pixels."""
    return (
        (x - box_width / 2) * width,
        (y - box_height / 2) * height,
        (x + box_width / 2) * width,
        (y + box_height / 2) * height,
    )
