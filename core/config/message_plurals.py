"""Singular and plural forms of a template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Plural:
    """``one`` when the parameter ``count`` is 1, ``other`` otherwise. A translation may have more forms."""

    count: str
    one: str
    other: str

    def form(self, parameters: Mapping[str, Any]) -> str:
        """The form for these parameters. Raises ``KeyError`` without the count."""
        return self.one if parameters[self.count] == 1 else self.other
