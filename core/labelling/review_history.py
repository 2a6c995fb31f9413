"""The state of images before a review step, kept for undo.

Steps are kept by their creator (a page keeps them in its session), not in the catalog.
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
    """One image before a step. ``boxes`` holds the columns of each box."""

    image_id: int
    state: str
    reviewed_by: str | None
    reviewed_at: datetime | None
    boxes: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One review action on one or more images.

    ``after`` is each image's :func:`stamp` after the step: images changed since then are not overwritten.
    """

    actor: str
    action: str
    before: tuple[ImageState, ...]
    after: dict[int, str]

    @property
    def image_ids(self) -> tuple[int, ...]:
        return tuple(one.image_id for one in self.before)


def stamp(image: Image) -> str:
    """A version stamp of an image in the review. A decision carries the stamp that the user saw; a different one means
    that the image was changed meanwhile.
    """
    reviewed = image.reviewed_at.isoformat() if image.reviewed_at else ""
    return f"{image.state}@{reviewed}"


def save_state(images: Iterable[Image]) -> tuple[ImageState, ...]:
    """The current state of the images."""
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
    """Restore an image, including boxes with their provenance."""
    image.state = before.state
    image.reviewed_by = before.reviewed_by
    image.reviewed_at = before.reviewed_at
    image.boxes = [Box(**columns) for columns in before.boxes]
