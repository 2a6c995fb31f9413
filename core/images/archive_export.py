"""Export of labelled images to a zip file that :mod:`core.images.archive_import` can import: boxes in YOLO format,
whole-image labels as one folder per class.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from uuid import uuid4

from sqlalchemy import ColumnElement, func, select

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.catalog.engine import reading
from core.catalog.image_tables import Image
from core.config.messages import say
from core.config.progress import Report, silent
from core.images import LABELLED, SOURCES, store
from core.images.collection import ImageCollection
from core.images.sessions import export_folder, export_stem
from core.images.yolo import write_line, write_yaml
from core.storage import lake

_AT_ONCE = 200


class NothingToExportError(LookupError):
    """There are no labelled images."""


def export_size(workload: str, sources: Collection[str] = SOURCES) -> tuple[int, int]:
    """The number of labelled images an export would contain, and its approximate size in bytes."""
    wanted = select(func.count(Image.id), func.coalesce(func.sum(Image.bytes), 0))
    with reading() as session:
        pictures, size = session.execute(wanted.where(*_meant(workload, sources))).one()
    return int(pictures), int(size)


def export(
    actor: Actor,
    target: Path,
    collection: ImageCollection,
    sources: Collection[str] = SOURCES,
    report: Report = silent,
) -> int:
    """Write all labelled images to the zip file ``target`` atomically; returns their number.

    Layout: ``data.yaml``, ``images/<split>``, ``labels/<split>``, or ``<split>/<class>`` for whole-image labels; the
    holdout is called ``test``. A negative has an empty label file. An image whose file is missing is skipped;
    ``doctor`` reports it. Raises :class:`NothingToExportError`, ``lake.DiskFullError``.
    """
    require(actor, Role.VIEWER)
    total, size = export_size(collection.workload, sources)
    if not total:
        raise NothingToExportError("There is no labelled image to export yet.")
    lake.require_space(target.parent, size)
    temporary = target.with_name(f".{uuid4().hex}.tmp")
    written = 0
    try:
        # Stored, not deflated: JPEGs do not get smaller.
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            if not collection.whole_image:
                archive.writestr("data.yaml", write_yaml(collection.classes))
            for image in _all(collection.workload, sources):
                written += _add(archive, image, collection)
                report(min(1.0, written / total), say("export.progress", done=written, total=total))
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    audit.record_event(actor, "image.export", collection.workload, images=written)
    return written


def _meant(workload: str, sources: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return Image.workload == workload, Image.state == LABELLED, Image.source.in_(sources)


def _all(workload: str, sources: Collection[str]) -> Iterator[Image]:
    """The images, in batches of a few hundred."""
    last = ""
    while True:
        query = select(Image).where(*_meant(workload, sources), Image.sha256 > last)
        with reading() as session:
            found = list(session.scalars(query.order_by(Image.sha256).limit(_AT_ONCE)))
        if not found:
            return
        yield from found
        last = found[-1].sha256


def _add(archive: zipfile.ZipFile, image: Image, collection: ImageCollection) -> bool:
    try:
        data = store.file_path(image).read_bytes()
    except (store.ImageMissingError, FileNotFoundError):
        return False
    folder = export_folder(image.split)
    stem = export_stem(image.session, image.sha256)
    if collection.whole_image:
        archive.writestr(f"{folder}/{image.boxes[0].label}/{stem}.jpg", data)
        return True
    places = [(collection.classes.index(box.label), (box.x, box.y, box.width, box.height)) for box in image.boxes]
    lines = [write_line(index, place) for index, place in places]
    archive.writestr(f"images/{folder}/{stem}.jpg", data)
    archive.writestr(f"labels/{folder}/{stem}.txt", "".join(f"{line}\n" for line in lines))
    return True
