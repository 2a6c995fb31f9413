"""Features of a row: name, title, unit and typical range."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of a row.

    ``low`` and ``high`` are the typical range: sliders and the CSV template use it, the model is not limited to it.
    ``unit`` is the displayed unit, ``step`` that of a slider (None: a hundredth of the range).
    """

    name: str
    title: str = ""
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    step: float | None = None

    @property
    def label(self) -> str:
        """The title with its unit; without a title the name."""
        return f"{self.title or self.name} ({self.unit})" if self.unit else self.title or self.name


def names_of(features: Iterable[Feature]) -> tuple[str, ...]:
    """The columns' names, in order."""
    return tuple(feature.name for feature in features)
