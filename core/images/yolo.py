"""The label files of a YOLO dataset, validated when read, and the ``data.yaml`` of an export."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.config.messages import Message, message_of, say
from core.vision.boxes import BadBoxError, NewBox

RelativeBox = tuple[float, float, float, float]
"""Centre x, centre y, width, height as shares of the image."""


class BadLineError(ValueError):
    """An invalid label line; the message says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One label: class index and box."""

    index: int
    place: RelativeBox


def parse_line(text: str) -> Line:
    """Parse ``class x y width height``, or a polygon ``class x1 y1 x2 y2 x3 y3 …``, which becomes its bounding box.

    Raises :class:`BadLineError`.
    """
    first, *rest = text.split() or [""]
    try:
        index, values = float(first), [float(value) for value in rest]
    except ValueError:
        raise BadLineError(say("yolo.numbers_only")) from None
    if index != int(index) or not 0 <= index < 10_000 if math.isfinite(index) else True:
        raise BadLineError(say("yolo.class_number", given=first[:20]))
    if not all(math.isfinite(value) for value in values):
        raise BadLineError(say("yolo.not_finite"))
    if len(values) == 4:
        place: RelativeBox = (values[0], values[1], values[2], values[3])
    elif len(values) >= 6 and len(values) % 2 == 0:
        place = _around(values[::2], values[1::2])
    else:
        raise BadLineError(say("yolo.how_many", given=len(values)))
    try:
        NewBox("any", *place, "human")
    except BadBoxError as error:
        raise BadLineError(message_of(error)) from error
    return Line(int(index), place)


def _around(across: Sequence[float], down: Sequence[float]) -> RelativeBox:
    left, right, top, bottom = min(across), max(across), min(down), max(down)
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


def parse_labels(text: str) -> tuple[list[Line], list[Message]]:
    """The valid lines of a label file, and the faults of invalid ones. Empty lines are ignored."""
    lines, faults = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            lines.append(parse_line(line))
        except BadLineError as error:
            faults.append(say("image.line_fault", line=number, fault=message_of(error)))
    return lines, faults


def write_line(index: int, place: RelativeBox) -> str:
    """A label line. Six digits are a tenth of a pixel on the largest images."""
    return " ".join([str(index), *(f"{value:.6f}" for value in place)])


def write_yaml(names: Sequence[str]) -> str:
    """The ``data.yaml`` of an export in Ultralytics' format; ``test`` is the holdout."""
    listed = "".join(f"  {number}: {name}\n" for number, name in enumerate(names))
    return f"path: .\ntrain: images/train\nval: images/val\ntest: images/test\nnames:\n{listed}"
