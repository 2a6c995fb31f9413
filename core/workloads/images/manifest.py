"""The images of a dataset: the rows of its manifest, with pixels from the image store."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from loguru import logger
from numpy.typing import NDArray

from core.catalog.tables import Dataset
from core.images import files
from core.images.snapshot import CLASSES, PERSON, TAKEN_S
from core.images.splits import UNUSED
from core.storage import lake
from core.vision.detections import Pixels

_COLUMNS = ("sha256", "session", "split", "source", "width", "height", "boxes")
_NEWER = (PERSON, TAKEN_S)


@dataclass(frozen=True, slots=True)
class ManifestImage:
    """One labelled image. ``labels`` int64, shape (n,): class indices; ``coordinates`` float64, shape (n, 4): centre x,
    centre y, width and height as shares of the image.
    """

    sha256: str
    session: str
    split: str
    source: str
    width: int
    height: int
    labels: NDArray[np.int64]
    coordinates: NDArray[np.float64]
    person: str = ""
    """Who is on it; empty when unknown."""
    taken_s: float = math.nan
    """When it was taken, in seconds since the epoch; NaN when unknown."""

    def corners(self) -> NDArray[np.float32]:
        """The boxes in pixels, shape (n, 4): left, top, right, bottom."""
        half = self.coordinates[:, 2:] / 2
        shares = np.concatenate([self.coordinates[:, :2] - half, self.coordinates[:, :2] + half], axis=1)
        return np.asarray(shares * np.array([self.width, self.height] * 2), np.float32)

    def pixels(self) -> Pixels:
        """The decoded image. Raises :class:`core.images.files.ImageMissingError` when it is missing or damaged."""
        return files.read(self.sha256)


def manifest_images(dataset: Dataset, *, holdout: bool | None = None) -> list[ManifestImage]:
    """The dataset's images in file order: all, the holdout, or those to learn from.

    Images deleted since are left out: deleting an image must not stop the loop. Raises ``DatasetMissingError`` when the
    manifest is missing, ``LakeUnreachableError``.
    """
    where = "TRUE" if holdout is None else "holdout" if holdout else f"NOT holdout AND split <> '{UNUSED}'"
    named = _read(dataset, where)
    there = files.stored_digests([picture.sha256 for picture in named])
    kept = [picture for picture in named if picture.sha256 in there]
    files.prefetch(there)
    if gone := len(named) - len(kept):
        logger.warning("Dataset {}: {} of its images were deleted and are skipped", dataset.id, gone)
    return kept


def listed(dataset: Dataset) -> list[ManifestImage]:
    """All images that the dataset names, whether they are still there or not: no file is asked for.

    Raises ``DatasetMissingError`` when the manifest is gone, ``LakeUnreachableError``.
    """
    return _read(dataset, "TRUE")


def _read(dataset: Dataset, where: str) -> list[ManifestImage]:
    """Datasets of older versions do not say who is on an image."""
    import pyarrow.parquet as pq

    known = set(pq.read_schema(lake.file_of(dataset.path)).names)
    newer = [name for name in _NEWER if name in known]
    columns = lake.read(dataset.path, [*_COLUMNS, *newer], where)
    return [_picture(*row) for row in zip(*columns.values(), strict=True)]


def _picture(
    sha256: str,
    session: str,
    split: str,
    source: str,
    width: int,
    height: int,
    boxes: str,
    person: str = "",
    taken_s: float = math.nan,
) -> ManifestImage:
    about = (person, float(taken_s))
    return ManifestImage(str(sha256), session, split, source, int(width), int(height), *_boxes(boxes), *about)


def classes_of(dataset: Dataset) -> tuple[str, ...]:
    """The labels of a dataset with whole-image labels, in the order of its indices.

    Raises ``ValueError`` when the manifest does not contain them, ``DatasetMissingError`` when it is missing.
    """
    rows = lake.read(dataset.path, [CLASSES], limit=1)[CLASSES]
    if not len(rows):
        raise ValueError("the dataset contains no images")
    return tuple(str(name) for name in json.loads(rows[0]))


def renumbered(chosen: Sequence[ManifestImage], before: Sequence[str], now: Sequence[str]) -> list[ManifestImage]:
    """The images with labels mapped from the indices of ``before`` to those of ``now``; removed labels are dropped."""
    indices = np.array([now.index(name) if name in now else -1 for name in before], dtype=np.int64)
    renamed = [(picture, indices[picture.labels]) for picture in chosen]
    return [
        replace(one, labels=labels[labels >= 0], coordinates=one.coordinates[labels >= 0]) for one, labels in renamed
    ]


def spread(chosen: Iterable[ManifestImage], most: int) -> list[ManifestImage]:
    """At most ``most`` of them, a deterministic sample independent of their order: selected by digest."""
    return sorted(chosen, key=lambda picture: picture.sha256)[:most]


def _boxes(text: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    rows = np.array(json.loads(text), dtype=np.float64).reshape(-1, 5)
    return rows[:, 0].astype(np.int64), rows[:, 1:]
