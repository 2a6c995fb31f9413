"""All labelled pictures as one dataset of the lake: a manifest, not the pictures themselves.

A picture's file is named by its content and its labels stand in the manifest, so a version that was
trained on a dataset can be trained again on exactly that, as long as the pictures are kept.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from core.catalog.engine import reading
from core.catalog.image_tables import Box, Image
from core.images import LABELLED
from core.images.splits import HOLDOUT
from core.storage import lake
from core.storage.datasets import NoDatasetError
from core.vision.boxes import CLASSES_OF

COLUMNS = ("sha256", "session", "split", "source", "width", "height", "boxes", "holdout")
"""``boxes`` is JSON: ``[[class index, x, y, width, height], …]``, shares of the picture; ``holdout`` is a bool."""


class NoPicturesError(NoDatasetError):
    """There is no labelled picture; the message says how to get some."""


def write_snapshot(workload: str = "rps") -> lake.StoredFile:
    """Store the manifest of every labelled picture. The same labels on the same pictures give the same bytes.

    Raises :class:`NoPicturesError`, ``lake.DiskFullError`` and ``lake.LakeError``.
    """
    images = _labelled(workload)
    if not images:
        raise NoPicturesError(
            "No picture is labelled yet. Synthesise some or import a dataset under Datasets, Hands, or record with "
            "the webcam and confirm the boxes on the Label page."
        )
    return lake.write(_columns(workload, images), workload)


def _labelled(workload: str) -> list[Image]:
    query = select(Image).where(Image.workload == workload, Image.state == LABELLED).order_by(Image.sha256)
    with reading() as session:
        return list(session.scalars(query))


def _columns(workload: str, images: list[Image]) -> dict[str, NDArray[Any]]:
    def texts(values: list[str]) -> NDArray[Any]:
        return np.array(values, dtype=object)

    return {
        "sha256": texts([image.sha256 for image in images]),
        "session": texts([image.session for image in images]),
        "split": texts([image.split for image in images]),
        "source": texts([image.source for image in images]),
        "width": np.array([image.width for image in images], dtype=np.int32),
        "height": np.array([image.height for image in images], dtype=np.int32),
        "boxes": texts([_written(workload, image.boxes) for image in images]),
        "holdout": np.array([image.split == HOLDOUT for image in images]),
    }


def _written(workload: str, boxes: list[Box]) -> str:
    classes = CLASSES_OF[workload]
    # Sorted: two people who draw the same boxes in another order made the same dataset.
    rows = sorted((classes.index(box.label), box.x, box.y, box.width, box.height) for box in boxes)
    return json.dumps([[index, *(round(value, 6) for value in place)] for index, *place in rows])
