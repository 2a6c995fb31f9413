"""Writes a report as a PDF, with Matplotlib: it is installed anyway, embeds its font, and needs no browser."""

from __future__ import annotations

from io import BytesIO
from threading import Lock
from typing import Final, assert_never

import matplotlib as mpl

from core.reporting.document import Block, Document, Facts, Heading, Matrices, Paragraph, Picture, Table
from core.reporting.drawings import matrix
from core.reporting.pdf_pages import INK, LEFT, RIGHT, SOFT, SPAN, WARN, Pages
from core.reporting.pdf_table import draw_table
from core.reporting.pdf_text import Weight, lines

_DRAWING: Final = Lock()
"""Matplotlib's settings and fonts belong to the process; pages are drawn by several threads."""
_HEADINGS = {2: (15.0, 34.0), 3: (11.0, 24.0)}
"""Level → size and the space that it takes, in points."""
_NAME = 150.0
"""Width of the names of facts."""
_PER_ROW, _SIDE = 2, 130.0
"""Confusion matrices beside each other, and the side of one."""


def to_pdf(document: Document) -> bytes:
    """The file. Type 42 fonts keep the text selectable and searchable."""
    made = BytesIO()
    with _DRAWING, mpl.rc_context({"pdf.fonttype": 42, "font.size": 8}), Pages(made, document.title) as pages:
        _flow(pages, document.title, 20, "bold", INK, 8)
        _flow(pages, document.subtitle, 9, "normal", SOFT, 10)
        for block in document.blocks:
            _block(pages, block)
    return made.getvalue()


def _block(pages: Pages, block: Block) -> None:
    match block:
        case Heading():
            _heading(pages, block)
        case Paragraph():
            colour: str = WARN if block.missing else INK
            _flow(pages, block.text, 9, "bold" if block.missing else "normal", colour, 6)
        case Facts():
            _facts(pages, block)
        case Table():
            draw_table(pages, block)
        case Matrices():
            _matrices(pages, block)
        case Picture():
            _picture(pages, block)
        case _:
            assert_never(block)


def _heading(pages: Pages, heading: Heading) -> None:
    size, space = _HEADINGS[heading.level]
    pages.room(space + 60)  # never the last line of a page
    pages.y -= space - size - 6
    if heading.level == 2:
        pages.rule(colour="#3f76d9", width=1.5)
        pages.y -= 5
    _flow(pages, heading.text, size, "bold", INK, 5)


def _flow(pages: Pages, text: str, size: float, weight: Weight, colour: str, after: float) -> None:
    leading = size * 1.35
    for line in lines(text, size, SPAN, weight):
        pages.room(leading)
        pages.y -= leading
        pages.text(line, LEFT, pages.y, size, weight, colour)
    pages.y -= after


def _facts(pages: Pages, facts: Facts) -> None:
    size, leading = 8.5, 11.5
    for name, value in facts.rows:
        names, values = lines(name, size, _NAME - 10), lines(value, size, SPAN - _NAME)
        pages.room(leading * min(max(len(names), len(values)), 6))
        for number in range(max(len(names), len(values))):
            pages.room(leading)
            pages.y -= leading
            if number < len(names):
                pages.text(names[number], LEFT, pages.y, size, colour=SOFT)
            if number < len(values):
                pages.text(values[number], LEFT + _NAME, pages.y, size)
    pages.y -= 8


def _matrices(pages: Pages, block: Matrices) -> None:
    side = _SIDE + 26.0 * max(0, max(len(one.names) for one in block.items) - 3)
    side = min(side, (RIGHT - LEFT) / _PER_ROW - 90)
    for start in range(0, len(block.items), _PER_ROW):
        pages.room(side + 60)
        for place, one in enumerate(block.items[start : start + _PER_ROW]):
            x = LEFT + place * SPAN / _PER_ROW
            for line in lines(one.title, 8.5, SPAN / _PER_ROW - 10, "bold")[:1]:
                pages.text(line, x, pages.y - 10, 8.5, "bold")
            matrix(one)(pages.axes(x + 60, pages.y - side - 18, side, side))
        pages.y -= side + 56


def _picture(pages: Pages, picture: Picture) -> None:
    height = picture.height * 72
    pages.room(height + 30)
    # Room for the legend above, the labels below, and on the left.
    picture.draw(pages.axes(LEFT + 78, pages.y - height + 34, SPAN - 84, height - 70))
    pages.y -= height
    _flow(pages, picture.alt, 7.5, "normal", SOFT, 8)
