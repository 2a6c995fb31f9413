"""What a review changed, kept so that it can be taken back: the pictures as they were before.

Steps live with whoever made them (a page keeps them for its session), not in the catalog: taking back is for
slips of the finger, and what counts is in the catalog already.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.catalog.image_tables import Box, Image

_BOX_COLUMNS = ("label", "x", "y", "width", "height", "provenance", "confidence", "created_by", "created_at")


@dataclass(frozen=True, slots=True)
class ImageState:
    """One picture before a step. ``boxes`` holds the columns of each box."""

    image_id: int
    state: str
    reviewed_by: str | None
    reviewed_at: datetime | None
    boxes: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a person did to one or many pictures.

    ``after`` is each picture's :func:`stamp` once it was done: whoever changed it again since is not overruled.
    """

    actor: str
    action: str
    before: tuple[ImageState, ...]
    after: dict[int, str]

    @property
    def image_ids(self) -> tuple[int, ...]:
        return tuple(one.image_id for one in self.before)


def stamp(image: Image) -> str:
    """Where a picture stands in the review. Whoever saves says which one they saw; another one means: too late."""
    reviewed = image.reviewed_at.isoformat() if image.reviewed_at else ""
    return f"{image.state}@{reviewed}"


def save_state(images: Iterable[Image]) -> tuple[ImageState, ...]:
    """The pictures as they are now."""
    return tuple(
        ImageState(
            image.id,
            image.state,
            image.reviewed_by,
            image.reviewed_at,
            tuple({name: getattr(box, name) for name in _BOX_COLUMNS} for box in image.boxes),
        )
        for image in images
    )


def restore_state(image: Image, before: ImageState) -> None:
    """Put a picture back to how it was, boxes with their origin included."""
    image.state = before.state
    image.reviewed_by = before.reviewed_by
    image.reviewed_at = before.reviewed_at
    image.boxes = [Box(**columns) for columns in before.boxes]
