"""Detections converted for users and programs: drawn, as rows, as CSV and JSON, as boxes to review.

OpenCV is imported inside the function that draws: pages that show nothing yet do not load it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from core.vision.boxes import BadBoxError, NewBox, from_corners
from core.vision.detections import Detections, Pixels
from core.vision.provenance import MODEL

COLUMNS = ("label", "confidence", "left", "top", "right", "bottom")
"""Columns of a row: class, confidence (0 to 1), and the box in pixels of the image."""

PROPOSAL_CONFIDENCE = 0.25
"""Minimum confidence of proposed boxes. It equals the default threshold for display: users review the boxes that they
would see as the model's prediction.
"""


SHOWN_CONFIDENCE = 0.4
"""From which confidence on *Live* shows a box, unless a user chooses another; detectors are compared at it."""


def to_boxes(found: Detections, classes: Sequence[str], width: int, height: int) -> list[NewBox]:
    """The valid boxes of a prediction on an image of ``width`` × ``height`` pixels, most confident first, provenance
    model.

    Boxes that exceed the image are cut; boxes without an area in the image, with non-finite numbers, or with a class
    that ``classes`` lacks are left out.
    """
    boxes = []
    for corners, score, index in zip(found.boxes.tolist(), found.scores.tolist(), found.labels.tolist(), strict=True):
        if not 0 <= index < len(classes):
            continue
        left, top, right, bottom = corners
        try:
            boxes.append(from_corners(classes[index], (left, top, right, bottom), width, height, MODEL, score))
        except BadBoxError:
            continue
    return boxes


def to_rows(found: Detections, classes: Sequence[str]) -> list[dict[str, Any]]:
    """One row per box, most confident first, with :data:`COLUMNS`."""
    return [
        {
            "label": classes[int(label)],
            "confidence": round(float(score), 4),
            **{name: round(float(side), 1) for name, side in zip(COLUMNS[2:], box, strict=True)},
        }
        for box, score, label in zip(found.boxes, found.scores, found.labels, strict=True)
    ]


def to_csv(found: Detections, classes: Sequence[str]) -> str:
    """The rows as CSV with a header."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS)
    writer.writeheader()
    writer.writerows(to_rows(found, classes))
    return buffer.getvalue()


def to_json(found: Detections, classes: Sequence[str], pixels: Pixels, model: str) -> str:
    """The rows as JSON with the image size and the model."""
    height, width = pixels.shape[:2]
    return json.dumps({"model": model, "width": width, "height": height, "boxes": to_rows(found, classes)}, indent=2)


def draw_detections(pixels: Pixels, found: Detections, classes: Sequence[str]) -> Pixels:
    """A copy of the image with its boxes, as on the Live page; the most confident box is drawn last."""
    from core.vision.drawing import MAIN, draw_box
    from core.vision.tracks import to_shown_boxes

    copy = pixels.copy()
    for box in reversed(to_shown_boxes(found, classes)):
        draw_box(copy, box, MAIN)
    return copy
