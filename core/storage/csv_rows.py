"""Uploaded CSV files, read in validated chunks: bounded memory, exact line numbers, no guessing.

The standard library's reader, because it reports the physical line of a row even when a quoted field
spans several lines, rejects fields larger than 128 KiB, and leaves the text of other columns unchanged.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from numpy.typing import NDArray

from core.config.messages import say

if TYPE_CHECKING:
    from _csv import Reader

_FIRST_LINE_BYTES = 64 * 1024


class BadFileError(ValueError):
    """The file is invalid; the message names the position and the remedy."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of the file as text, and their features as float64, shape (len(rows), n features)."""

    header: list[str]
    rows: list[list[str]]
    features: NDArray[np.float64]


def read_pieces(path: Path, features: Sequence[str], rows: int) -> Iterator[Piece]:
    """The file's rows in order, at most ``rows`` per chunk. Blank lines are skipped.

    Raises :class:`BadFileError` at the first row that is not finite numbers in the columns ``features``.
    """
    _require_lines(path, features)
    with _opened(path) as reader:
        header = next(filter(None, reader), None)
        if header is None:
            raise BadFileError(say("csv.empty", columns=features))
        where = _columns(header, features)
        while batch := list(islice(filter(None, reader), rows)):
            numbers = _numbers(batch, where) if set(map(len, batch)) == {len(header)} else None
            if numbers is None:
                _name_the_fault(path, features)
            else:
                yield Piece(header, batch, numbers)


@contextmanager
def _opened(path: Path) -> Iterator[Reader]:
    """A reader of the file; problems of the file as a whole are raised as :class:`BadFileError`."""
    try:
        # utf-8-sig: Excel's "CSV UTF-8" starts with a BOM that would become part of the first name.
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            try:
                yield reader
            except csv.Error as error:
                raise BadFileError(say("csv.irregular", line=reader.line_num, error=str(error))) from error
    except UnicodeDecodeError as error:
        raise BadFileError(say("csv.not_utf8")) from error


def _require_lines(path: Path, features: Sequence[str]) -> None:
    """Check that the file has a first line of reasonable length, before parsing."""
    with path.open("rb") as file:
        start = file.read(_FIRST_LINE_BYTES)
    if not start.strip():
        raise BadFileError(say("csv.empty", columns=features))
    if len(start) == _FIRST_LINE_BYTES and b"\n" not in start and b"\r" not in start:
        raise BadFileError(say("csv.first_line", limit=_FIRST_LINE_BYTES))


def _columns(header: list[str], features: Sequence[str]) -> list[int]:
    names = [name.strip() for name in header]
    missing = [name for name in features if name not in names]
    if missing:
        found = ", ".join(names[:8])[:200]
        if len(names) == 1:
            raise BadFileError(say("csv.separator", missing=missing, found=found, needed=features))
        raise BadFileError(say("csv.missing", missing=missing, found=found, needed=features))
    twice = [name for name in features if names.count(name) > 1]
    if twice:
        raise BadFileError(say("csv.twice", columns=twice))
    return [names.index(name) for name in features]


def _numbers(batch: list[list[str]], where: Sequence[int]) -> NDArray[np.float64] | None:
    """The features of rows that are long enough, or None when one of them is not a finite number."""
    try:
        numbers = np.array([[row[column] for column in where] for row in batch], dtype=np.float64)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def _name_the_fault(path: Path, features: Sequence[str]) -> NoReturn:
    """Find the line of the first invalid row by reading the file again: only invalid files pay for that."""
    with _opened(path) as reader:
        header: list[str] | None = None
        begins = 1
        for row in reader:
            if row and header is None:
                header = row
            elif row and header is not None:
                _check_row(row, begins, header, features)
            # A quoted field may contain line ends: the next row starts after them.
            begins = reader.line_num + 1
    raise BadFileError(say("csv.changed"))


def _check_row(row: list[str], line: int, header: list[str], features: Sequence[str]) -> None:
    if len(row) != len(header):
        raise BadFileError(say("csv.row_length", line=line, values=len(row), columns=len(header)))
    for column, name in zip(_columns(header, features), features, strict=True):
        if not _finite(row[column]):
            raise BadFileError(say("csv.no_number", line=line, column=name, value=row[column][:40]))


def _finite(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
