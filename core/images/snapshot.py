"""All labelled images as one dataset of the lake: a manifest, not the images themselves.

An image's file is named by its content and its labels are in the manifest, so a training can be repeated on exactly the
same data as long as the images are kept.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from core.catalog.engine import reading
from core.catalog.image_tables import Image
from core.images import LABELLED, SYNTHETIC, deciding
from core.images.collection import ImageCollection
from core.images.splits import HOLDOUT, UNUSED
from core.storage import lake
from core.storage.datasets import NoDatasetError

COLUMNS = ("sha256", "session", "split", "source", "width", "height", "boxes", "holdout")
"""``boxes`` is JSON: ``[[class index, x, y, width, height], …]``, as shares of the image; ``holdout`` is a bool."""

PERSON, TAKEN_S = "person", "taken_s"
"""Columns of newer datasets: who is on the image, empty when unknown, and when it was taken, in seconds since the
epoch, NaN when unknown."""

CLASSES = "classes"
"""The column, in datasets with whole-image labels: JSON, the labels that the indices refer to, the same in each row.
Users rename and remove labels; a dataset keeps its own.
"""


class UnknownLabelError(ValueError):
    """An image has a label that the workload does not have; the message says which."""


class NoLabelledImagesError(NoDatasetError):
    """There are no labelled images; the message says how to get some."""


def write_snapshot(collection: ImageCollection, learnt: Collection[str] = ()) -> lake.StoredFile:
    """Store the manifest of all labelled images. The same labels on the same images give the same bytes.

    Images without a split get one, for ever. Rendered images judge only where there are no others, and those of the
    sessions ``learnt``, on which a shipped model was trained, never do.

    Raises :class:`NoLabelledImagesError`, :class:`UnknownLabelError`, ``lake.DiskFullError`` and ``lake.LakeError``.
    """
    deciding.decide_splits(collection.workload)
    images = _labelled(collection.workload)
    if not images:
        raise NoLabelledImagesError(
            "No image is labelled yet. Add or import some on Datasets, or record with the webcam on Live, and label "
            "them."
        )
    columns = _columns(collection.classes, images, _splits(images, learnt))
    if collection.whole_image:
        columns[CLASSES] = np.array([json.dumps(collection.classes)] * len(images), dtype=object)
    return lake.write(columns, collection.workload)


def _labelled(workload: str) -> list[Image]:
    query = select(Image).where(Image.workload == workload, Image.state == LABELLED).order_by(Image.sha256)
    with reading() as session:
        return list(session.scalars(query))


def _splits(images: Sequence[Image], learnt: Collection[str]) -> list[str]:
    only_rendered = all(image.source == SYNTHETIC for image in images)

    def split(image: Image) -> str:
        judges = image.split == HOLDOUT
        rendered = image.source == SYNTHETIC
        return UNUSED if judges and rendered and (not only_rendered or image.session in learnt) else image.split

    return [split(image) for image in images]


def _columns(classes: Sequence[str], images: list[Image], splits: list[str]) -> dict[str, NDArray[Any]]:
    def texts(values: list[str]) -> NDArray[Any]:
        return np.array(values, dtype=object)

    return {
        "sha256": texts([image.sha256 for image in images]),
        "session": texts([image.session for image in images]),
        "split": texts(splits),
        "source": texts([image.source for image in images]),
        "width": np.array([image.width for image in images], dtype=np.int32),
        "height": np.array([image.height for image in images], dtype=np.int32),
        "boxes": texts([_written(classes, image) for image in images]),
        "holdout": np.array([split == HOLDOUT for split in splits]),
        PERSON: texts([image.person or "" for image in images]),
        TAKEN_S: np.array([image.taken_at.timestamp() if image.taken_at else np.nan for image in images]),
    }


def _written(classes: Sequence[str], image: Image) -> str:
    if unknown := {box.label for box in image.boxes} - set(classes):
        raise UnknownLabelError(
            f"Image {image.id} is labelled {', '.join(sorted(unknown))}, which no longer exists. Label it again."
        )
    # Sorted: the same boxes in another order give the same dataset.
    rows = sorted((classes.index(box.label), box.x, box.y, box.width, box.height) for box in image.boxes)
    return json.dumps([[index, *(round(value, 6) for value in place)] for index, *place in rows])
