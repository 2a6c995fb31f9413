"""Columns of a row: what they are called, what they measure, and which values are usual."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of a row.

    ``low`` and ``high`` bound the values that people usually see: sliders and the CSV template keep to them, the
    model does not. ``unit`` is as people write it, ``step`` that of a slider (None: a hundredth of the range).
    """

    name: str
    title: str = ""
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    step: float | None = None

    @property
    def label(self) -> str:
        """The title with its unit, for people; the name stands in for a missing title."""
        return f"{self.title or self.name} ({self.unit})" if self.unit else self.title or self.name


def names_of(features: Iterable[Feature]) -> tuple[str, ...]:
    """The columns' names, in order."""
    return tuple(feature.name for feature in features)
