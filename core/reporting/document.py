"""A report as a list of blocks, independent of the format it is written in.

All texts are plain: each writer escapes them, so that a name or a reason that somebody typed is only ever text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class Heading:
    """``level`` 2 is a section, 3 a part of one."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. ``missing`` marks what the report should have but has not."""

    text: str
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values, one below the other."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """``weights`` are the relative widths of the columns; ``label`` says what the table contains.

    On paper, where there is no room for all rows, those at the end are left out where the newest come first, else those
    at the beginning.
    """

    label: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    weights: Sequence[float]
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class Matrix:
    """A confusion matrix: ``counts`` of true classes (rows) against predicted ones (columns), shape (k, k)."""

    title: str
    names: Sequence[str]
    counts: Sequence[Sequence[int]]
    across: str = "predicted"
    down: str = "true"


@dataclass(frozen=True, slots=True)
class Matrices:
    """Confusion matrices side by side."""

    items: Sequence[Matrix]


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart: ``draw`` fills Matplotlib axes, ``height`` is in inches, ``alt`` says in words what it shows."""

    draw: Callable[[Axes], None]
    alt: str
    height: float = 2.6


Block = Heading | Paragraph | Facts | Table | Matrices | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """A title, a line below it, and what follows."""

    title: str
    subtitle: str
    blocks: Sequence[Block]


def texts(blocks: Sequence[Block]) -> Iterator[str]:
    """Every text in the blocks, in order."""
    for block in blocks:
        if isinstance(block, Heading | Paragraph):
            yield block.text
        elif isinstance(block, Facts):
            yield from (part for row in block.rows for part in row)
        elif isinstance(block, Table):
            yield from (block.label, *block.columns, *(cell for row in block.rows for cell in row))
        elif isinstance(block, Matrices):
            yield from (part for one in block.items for part in ("confusion matrix", one.title, *one.names))
        else:
            yield block.alt
