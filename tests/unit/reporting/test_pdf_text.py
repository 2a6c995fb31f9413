"""Lines that fit a page."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.reporting.pdf_text import drawable, lines, width


@given(st.text(max_size=200), st.floats(20, 400))
def test_every_line_fits_and_nothing_is_lost(text: str, limit: float) -> None:
    made = lines(text, 8.0, limit)
    assert all(width(line, 8.0) <= limit or len(line) <= 1 for line in made)
    assert "".join(made).replace(" ", "") == drawable(text).replace(" ", "")


def test_a_checksum_is_cut_and_words_are_not() -> None:
    assert lines("one two three", 8.0, 30) == ["one", "two", "three"]
    assert len(lines("f" * 64, 8.0, 60)) > 1


def test_what_the_font_lacks_is_replaced() -> None:
    assert drawable("x 漢 \x00") == "x � �"
