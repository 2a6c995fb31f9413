"""Texts of a report: times, and characters that a file can hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

MISSING = "not recorded"
"""A figure that the catalog or MLflow does not have."""


def printable(text: str) -> str:
    """``text`` without what no file should contain: control characters, lone surrogates and marks that reverse the
    direction of writing become U+FFFD, a line break becomes a space.
    """
    return "".join(_one(letter) for letter in text)


def _one(letter: str) -> str:
    if letter in "\n\r\t":
        return " "
    kind = unicodedata.category(letter)
    bad = kind in ("Cc", "Cs") or unicodedata.bidirectional(letter) in ("LRE", "RLE", "LRO", "RLO", "LRI", "RLI", "FSI")
    return "\N{REPLACEMENT CHARACTER}" if bad else letter


def moment(when: datetime | None) -> str:
    """Date and time to the second: UTC, because the report is read elsewhere."""
    return MISSING if when is None else f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def interval(value: Any, low: Any, high: Any) -> str:
    """ "0.937 (0.921 to 0.950)"."""
    if value is None:
        return MISSING
    around = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
    return f"{value:.3f}{around}"


def pairs(values: Mapping[str, Any]) -> str:
    """ "rows = 2000, angle = 45"."""
    return ", ".join(f"{name} = {value}" for name, value in values.items()) or "none"
