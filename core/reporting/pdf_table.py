"""Tables on the pages of a PDF: columns with wrapped cells, the head repeated on each page."""

from __future__ import annotations

from collections.abc import Sequence

from core.reporting.document import Table
from core.reporting.pdf_pages import BOTTOM, LEFT, SOFT, SPAN, TOP, WARN, Pages
from core.reporting.pdf_text import Weight, lines

_SIZE, _LEADING, _PAD, _GAP = 7.0, 9.0, 4.0, 6.0
_MOST_LINES = int((TOP - BOTTOM - 60) / _LEADING)
"""A cell with more lines goes on in a further row: no row is higher than a page."""

MOST_ROWS = 300
"""On paper; each row takes some milliseconds to write and nobody reads a thousand."""

Cells = Sequence[Sequence[str]]


def draw_table(pages: Pages, table: Table) -> None:
    """The label, the head, and each row as a whole; at most :data:`MOST_ROWS`, and then a line that says so."""
    widths = [SPAN * weight / sum(table.weights) for weight in table.weights]
    head = _wrapped(table.columns, widths, "bold")
    pages.room(_height(head) + 60)
    pages.text(table.label, LEFT, pages.y - 10, 8.5, "bold")
    pages.y -= 16
    _row(pages, head, widths, SOFT, "bold")
    shown = table.rows[:MOST_ROWS] if table.newest_first else table.rows[-MOST_ROWS:]
    for row in shown:
        for part in _parts(_wrapped(row, widths)):
            if pages.room(_height(part)):
                _row(pages, head, widths, SOFT, "bold")
            _row(pages, part, widths)
    if len(shown) < len(table.rows):
        pages.room(14)
        left = f"The newest {len(shown):,} of {len(table.rows):,} rows; the HTML file has all."
        pages.text(left, LEFT, pages.y - 10, _SIZE, "bold", WARN)
        pages.y -= 10
    pages.y -= 10


def _wrapped(row: Sequence[str], widths: Sequence[float], weight: Weight = "normal") -> Cells:
    return [lines(cell, _SIZE, width - _GAP, weight) for cell, width in zip(row, widths, strict=True)]


def _parts(cells: Cells) -> list[Cells]:
    most = max(len(cell) for cell in cells)
    return [[cell[start : start + _MOST_LINES] for cell in cells] for start in range(0, most, _MOST_LINES)]


def _height(cells: Cells) -> float:
    return max(len(cell) for cell in cells) * _LEADING + _PAD


def _row(
    pages: Pages, cells: Cells, widths: Sequence[float], colour: str = "#1e2430", weight: Weight = "normal"
) -> None:
    x = LEFT
    for cell, width in zip(cells, widths, strict=True):
        for number, line in enumerate(cell):
            pages.text(line, x, pages.y - _LEADING * (number + 1), _SIZE, weight, colour)
        x += width
    pages.y -= _height(cells)
    pages.rule()
