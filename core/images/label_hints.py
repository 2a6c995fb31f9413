"""What somebody said a picture shows, before anybody drew a box: kept in its note."""

from __future__ import annotations

from collections.abc import Collection

_SAID = "Said to show: "


def hint(label: str) -> str:
    """The note of a picture that is said to show ``label``."""
    return f"{_SAID}{label}"


def hinted(note: str, classes: Collection[str]) -> str | None:
    """The class that a note names, or None."""
    label = note.removeprefix(_SAID)
    return label if label != note and label in classes else None
