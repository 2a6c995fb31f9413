"""Widths of texts in Matplotlib's own font, and their lines: what a PDF needs to know before it is drawn."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from core.reporting.text import printable

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

Weight = Literal["normal", "bold"]
FAMILY = "DejaVu Sans"
"""Comes with Matplotlib, so that a report looks the same everywhere."""

_UNITS = 100.0
"""Points at which widths are measured; they grow in proportion."""
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


@lru_cache(maxsize=2)
def _font(weight: Weight) -> FT2Font:
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    found = font_manager.findfont(font_manager.FontProperties(family=[FAMILY], weight=weight))
    font = FT2Font(found)
    font.set_size(_UNITS, 72)
    return font


@lru_cache(maxsize=20_000)
def _wide(text: str, weight: Weight) -> float:
    font = _font(weight)
    font.set_text(text)
    return float(font.get_width_height()[0]) / 64 / _UNITS


def width(text: str, size: float, weight: Weight = "normal") -> float:
    """Points that one line of ``text`` takes."""
    # A blank at the end has no ink.
    return (_wide(f"{text}|", weight) - _wide("|", weight)) * size if text else 0.0


def drawable(text: str) -> str:
    """``text`` with U+FFFD for what the font does not have, such as Chinese or emoji."""
    font = _font("normal")
    return "".join(one if one == " " or font.get_char_index(ord(one)) else _UNKNOWN for one in printable(text))


def lines(text: str, size: float, limit: float, weight: Weight = "normal") -> list[str]:
    """``text`` broken into lines of at most ``limit`` points: between words, and within those that are longer."""
    made, line = [], ""
    for word in drawable(text).split(" "):
        joined = f"{line} {word}" if line else word
        if width(joined, size, weight) <= limit:
            line = joined
            continue
        if line:
            made.append(line)
        *full, line = _pieces(word, size, limit, weight)
        made += full
    return [*made, line]


def _pieces(word: str, size: float, limit: float, weight: Weight) -> list[str]:
    """A word cut to fit: SHA-256 checksums and names without spaces."""
    made, piece = [], ""
    for letter in word:
        if piece and width(piece + letter, size, weight) > limit:
            made.append(piece)
            piece = ""
        piece += letter
    return [*made, piece]
