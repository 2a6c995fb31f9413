"""Pages of a PDF that fill from the top: text at a place, axes in a box, a new page when one is full."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from core.reporting.pdf_text import FAMILY, Weight, drawable, lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 595.3, 841.9
"""A4 in points."""
LEFT, RIGHT, TOP, BOTTOM = 48.0, 547.3, 793.0, 56.0
SPAN = RIGHT - LEFT
_FOOTER = 7.5
INK, SOFT, LINE, WARN = "#1e2430", "#5b6373", "#c9cdd6", "#a04a00"


class Pages:
    """``y`` is the height of the next free place, in points from the bottom of the page."""

    def __init__(self, target: BinaryIO, title: str) -> None:
        self._title = lines(title, _FOOTER, SPAN - 60)[0]
        self._pdf = PdfPages(target, metadata={"Title": drawable(title), "Creator": "Shifumi"})
        self._page: Figure | None = None
        self.number = 0
        self.y = TOP
        self.next_page()

    def __enter__(self) -> Pages:
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if kind is None:
            self._finish()
        self._pdf.close()  # type: ignore[no-untyped-call]

    def next_page(self) -> None:
        """Write the page and begin an empty one."""
        self._finish()
        self._page = Figure(figsize=(WIDTH / 72, HEIGHT / 72))
        self.number += 1
        self.y = TOP
        self.text(f"{self._title} · page {self.number}", LEFT, BOTTOM - 22, _FOOTER, colour=SOFT)

    def room(self, height: float) -> bool:
        """Begin a new page unless ``height`` points are free; whether it did."""
        if self.y - height >= BOTTOM:
            return False
        self.next_page()
        return True

    def text(self, text: str, x: float, y: float, size: float, weight: Weight = "normal", colour: str = INK) -> None:
        """One line with its base line at ``y``. A text is never mathematics."""
        self._figure.text(
            x / WIDTH,
            y / HEIGHT,
            drawable(text),
            fontsize=size,
            weight=weight,
            color=colour,
            family=FAMILY,
            va="baseline",
            parse_math=False,
        )

    def rule(self, x: float = LEFT, to: float = RIGHT, colour: str = LINE, width: float = 0.6) -> None:
        """A horizontal line at the next free place."""
        ends = [x / WIDTH, to / WIDTH]
        self._figure.add_artist(Line2D(ends, [self.y / HEIGHT] * 2, color=colour, linewidth=width))

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Axes whose inner box is at this place, in points."""
        return self._figure.add_axes((x / WIDTH, y / HEIGHT, width / WIDTH, height / HEIGHT))

    @property
    def _figure(self) -> Figure:
        assert self._page is not None  # noqa: S101 - there always is one after __init__
        return self._page

    def _finish(self) -> None:
        if self._page is not None:
            self._pdf.savefig(self._page)  # type: ignore[no-untyped-call]
