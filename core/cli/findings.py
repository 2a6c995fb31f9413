"""Findings of `manage.py doctor`: ok, warning or problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one check; ``remedy`` is what to do, empty when nothing is."""

    level: Level
    text: str
    remedy: str = ""


def ok(text: str) -> Finding:
    return Finding("ok", text)


def warning(text: str, remedy: str) -> Finding:
    return Finding("warning", text, remedy)


def problem(text: str, remedy: str) -> Finding:
    return Finding("problem", text, remedy)
