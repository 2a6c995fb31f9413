"""Checks that there are enough images for training, before it starts."""

from __future__ import annotations

from collections.abc import Sequence

from core.workloads.images.manifest import ManifestImage

MIN_IMAGES = 5
"""Minimum number of training images per class. Enough for a first model; a good one needs ten times as many."""


class TooFewImagesError(ValueError):
    """A class has too few images; the message says which and how many are missing."""


def lacking(chosen: Sequence[ManifestImage], classes: Sequence[str]) -> dict[str, int]:
    """The classes that are on fewer than :data:`MIN_IMAGES` of these images, and on how many."""
    seen = {name: sum(bool((p.labels == index).any()) for p in chosen) for index, name in enumerate(classes)}
    return {name: number for name, number in seen.items() if number < MIN_IMAGES}


def require_enough(chosen: Sequence[ManifestImage], classes: Sequence[str]) -> None:
    """Raise :class:`TooFewImagesError` unless each class is on at least :data:`MIN_IMAGES` of these images."""
    short = lacking(chosen, classes)
    if not short:
        return
    has = " and ".join(f"{name} has {number or 'none'}" for name, number in short.items())
    more = " and ".join(f"{MIN_IMAGES - number} of {name}" for name, number in short.items())
    raise TooFewImagesError(
        f"Too few training images ({len(chosen)}): {has}, but each class needs {MIN_IMAGES}. Add and "
        f"label at least {more}, then create a new dataset. (Images in the holdout do not count.)"
    )
