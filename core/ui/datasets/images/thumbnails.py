"""Small pictures with their boxes drawn in, for galleries."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import streamlit as st

from core.images import store
from core.vision.boxes import to_corners
from core.workloads.charts import BLUE, GREEN, ORANGE, VIOLET

if TYPE_CHECKING:
    from PIL import ImageDraw

COLOURS = (BLUE, ORANGE, GREEN, VIOLET)
"""One per class, in the order of the classes."""

_SIDE = 320
_QUALITY = 80

Mark = tuple[str, float, float, float, float, bool]
"""A box to draw: label, centre x, centre y, width, height as shares, and whether only a model put it there."""


def marks_of(image: store.Image) -> tuple[Mark, ...]:
    """The boxes of a picture as :func:`thumbnail` wants them."""
    return tuple((box.label, box.x, box.y, box.width, box.height, box.provenance == "model") for box in image.boxes)


@st.cache_data(max_entries=240, show_spinner=False)
def thumbnail(path: str, classes: tuple[str, ...], marks: tuple[Mark, ...]) -> bytes:
    """A JPEG of the file ``path``, at most 320 pixels wide and high, with boxes. A model's boxes are dashed.

    Raises ``OSError`` when the file cannot be read. A file never changes, so nothing cached here grows old.
    """
    from PIL import Image, ImageDraw, ImageFont

    with Image.open(path, formats=["JPEG"]) as file:
        file.draft("RGB", (_SIDE, _SIDE))
        file.thumbnail((_SIDE, _SIDE))
        picture = file.convert("RGB")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(15)
    for label, x, y, width, height, guessed in marks:
        colour = colour_of(label, classes)
        left, top, right, bottom = to_corners(x, y, width, height, *picture.size)
        _frame(pen, (left, top, right, bottom), colour, guessed)
        text = f"{label}?" if guessed else label
        above = max(0.0, top - 19)
        pen.rectangle((left, above, left + pen.textlength(text, font) + 8, above + 19), fill=colour)
        pen.text((left + 4, above + 1), text, fill="white", font=font)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def colour_of(label: str, classes: tuple[str, ...]) -> str:
    """The colour of a class, the same wherever it is drawn; the first one for a label that is none any more."""
    return COLOURS[classes.index(label) % len(COLOURS) if label in classes else 0]


def _frame(pen: ImageDraw.ImageDraw, corners: tuple[float, float, float, float], colour: str, dashed: bool) -> None:
    if not dashed:
        pen.rectangle(corners, outline=colour, width=3)
        return
    left, top, right, bottom = corners
    for start, end in (
        ((left, top), (right, top)),
        ((right, top), (right, bottom)),
        ((right, bottom), (left, bottom)),
        ((left, bottom), (left, top)),
    ):
        _dashes(pen, start, end, colour)


def _dashes(
    pen: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float], colour: str, dash: float = 8.0
) -> None:
    length = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    count = max(1, round(length / dash))
    for number in range(0, count, 2):
        ends = [
            tuple(a + (b - a) * min(1.0, place / count) for a, b in zip(start, end, strict=True))
            for place in (number, number + 1)
        ]
        pen.line(ends, fill=colour, width=3)
