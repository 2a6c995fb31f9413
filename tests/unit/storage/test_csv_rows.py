"""Reading strangers' CSV files: every row once, in its order, with the right line number."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.storage.csv_rows import BadFileError, read_pieces

FEATURES = ("x1", "x2")


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def everything(path: Path, rows: int = 3) -> tuple[list[str], list[list[str]], list[list[float]]]:
    pieces = list(read_pieces(path, FEATURES, rows))
    assert all(len(piece.rows) == len(piece.features) <= rows for piece in pieces)
    return (
        pieces[0].header if pieces else [],
        [row for piece in pieces for row in piece.rows],
        [row for piece in pieces for row in piece.features.tolist()],
    )


_finite = st.floats(allow_nan=False, allow_infinity=False)
_text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(st.lists(st.tuples(_text, _finite, _finite), min_size=1, max_size=20), st.integers(1, 7), st.booleans())
def test_every_row_comes_out_once_in_order_and_unchanged(
    rows: list[tuple[str, float, float]], size: int, with_mark: bool
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["remark", "x1", "x2"], *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "a.csv", ("\ufeff" if with_mark else "") + out.getvalue())
        header, texts, numbers = everything(path, size)
    assert header == ["remark", "x1", "x2"]
    assert texts == [[remark, str(x1), str(x2)] for remark, x1, x2 in rows]
    assert numbers == [[x1, x2] for _, x1, x2 in rows]


@given(
    st.lists(st.one_of(st.just(None), st.text(st.sampled_from('ab\n"'), max_size=12)), max_size=12),
    st.sampled_from(["", "abc", "nan", "inf", "-Infinity", "1e999", "1,5", "0x10", "1 000"]),
    st.integers(1, 5),
)
def test_the_first_bad_row_is_named_by_its_own_line(remarks: list[str | None], bad: str, size: int) -> None:
    """Among quoted fields that span lines, and blank lines (None)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["remark", "x1", "x2"])
    for remark in remarks:
        out.write("\n") if remark is None else writer.writerow([remark, 1, 2])
    line = out.getvalue().count("\n") + 1
    writer.writerow(["bad", 1, bad])
    writer.writerow(["worse", "worse", "worse"])
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "a.csv", out.getvalue())
        with pytest.raises(BadFileError, match=rf"^Line {line}, column x2: “{bad}” is not a finite number\.$"):
            everything(path, size)


@given(st.binary(max_size=200), st.integers(1, 5))
def test_any_bytes_are_read_or_refused_but_never_crash(content: bytes, size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "a.csv", b"x1,x2\n" + content)
        try:
            _, texts, numbers = everything(path, size)
        except BadFileError as error:
            assert str(error).endswith(".")
        else:
            assert [[float(text) for text in row] for row in texts] == numbers


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "The file is empty"),
        (" \n\n ", "The file is empty"),
        ("\ufeff", "The file is empty"),
        ("\ufeff\n\n", "The file is empty"),
        ("\n" * 100_000, "The file is empty"),
        ("a,b\n1,2\n", "Column x1 and x2 is missing. Found: a, b. Needed: x1, x2."),
        ("x1\n1\n", "Column x2 is missing"),
        ("X1,X2\n1,2\n", "Column x1 and x2 is missing. Found: X1, X2"),
        ("1.0,2.0\n1,2\n", "Found: 1.0, 2.0"),
        ("x1;x2\n1;2\n", "Separate the columns with commas, not semicolons or tabs"),
        ("x1\tx2\n1\t2\n", "not semicolons or tabs"),
        ("x1,x2,x1\n1,2,3\n", "Column x1 appears more than once"),
        ("x1,x2\n1,2\n3\n", "Line 3 has 1 values, but the header names 2 columns"),
        ("x1,x2\n1,2,3\n", "Line 2 has 3 values"),
        ("x1,x2\n1,two\n", "Line 2, column x2: “two” is not a finite number"),
        ("x1,x2\n1,\n", "Line 2, column x2: “” is not a finite number"),
        ("x1,x2\n" + "1,2\n" * 10 + "NaN,2\n", "Line 12, column x1: “NaN”"),
        ("x1,x2\n1," + "9" * 400 + "\n", "Line 2, column x2: “9999"),
        ("x1,x2\n1,2\r\n3,4\r5,x\n", "Line 4, column x2: “x”"),
        ('x1,x2\n"1,2\n3,4\n', "is not valid CSV: unexpected end of data"),
        ('x1,x2\n1,"2"3\n', "Line 2 is not valid CSV"),
        ("x1,x2\n1,2\n" + "3" * 200_000 + ",4\n", "field larger than field limit"),
        ("x" * 100_000, "this is not a CSV file"),
        ("x1,x2\n1,2\n".encode("utf-16"), "not UTF-8"),
        ("x1,x2,städte\n1,2,Köln\n".encode("latin-1"), "not UTF-8"),
        (b"x1,x2\n" + b"1,2\n" * 50_000 + b"\xff,2\n", "not UTF-8"),
        (b"PK\x03\x04\x00\x00\x08\x00", "Column x1 and x2 is missing"),
        (b"x1,x2\n\x00,2\n", "is not"),
    ],
)
def test_bad_files_are_refused_with_the_place_and_the_remedy(
    content: str | bytes, message: str, tmp_path: Path
) -> None:
    with pytest.raises(BadFileError) as refused:
        everything(write(tmp_path / "a.csv", content))
    assert message in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "content",
    [
        "x2, x1\n2, 1\n",
        '"x2","x1"\n"2","1"\n',
        "x2,x1\r\n2,1\r\n",
        "x2,x1\r2,1\r",
        "x2,x1\n2,1",
        "\n\nx2,x1\n\n2,1\n\n",
    ],
    ids=["spaces", "quotes", "windows", "old mac", "no last line end", "blank lines"],
)
def test_usual_habits_are_fine(content: str, tmp_path: Path) -> None:
    assert everything(write(tmp_path / "a.csv", content))[2] == [[1.0, 2.0]]
