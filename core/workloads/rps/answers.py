"""What a detector found, for people and programs: drawn on the picture, as rows, as CSV and JSON.

OpenCV is imported by what draws: pages that show nothing yet need not load it.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from core.vision.detections import Detections, Pixels
from core.workloads.rps.classes import CLASSES

COLUMNS = ("label", "confidence", "left", "top", "right", "bottom")
"""Of a row: the class, 0 to 1, and the box in pixels of the picture."""


def rows(found: Detections) -> list[dict[str, Any]]:
    """One row per box, the surest first, with :data:`COLUMNS`."""
    return [
        {
            "label": CLASSES[int(label)],
            "confidence": round(float(score), 4),
            **{name: round(float(side), 1) for name, side in zip(COLUMNS[2:], box, strict=True)},
        }
        for box, score, label in zip(found.boxes, found.scores, found.labels, strict=True)
    ]


def as_csv(found: Detections) -> str:
    """The rows with a header."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS)
    writer.writeheader()
    writer.writerows(rows(found))
    return buffer.getvalue()


def as_json(found: Detections, pixels: Pixels, model: str) -> str:
    """The rows with the size of the picture they belong to and the model that said so."""
    height, width = pixels.shape[:2]
    return json.dumps({"model": model, "width": width, "height": height, "boxes": rows(found)}, indent=2)


def drawn(pixels: Pixels, found: Detections) -> Pixels:
    """The picture with its boxes, as the Live page draws them; the surest lies on top. A copy."""
    from core.vision.drawing import MAIN, draw_hand
    from core.vision.tracks import Hand

    copy = pixels.copy()
    for box, score, label in reversed(list(zip(found.boxes, found.scores, found.labels, strict=True))):
        left, top, right, bottom = (float(side) for side in box)
        draw_hand(copy, Hand((left, top, right, bottom), int(label), float(score)), MAIN)
    return copy
