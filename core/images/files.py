"""The files of images: JPEGs named by the SHA-256 of their content, written atomically."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from uuid import uuid4

from core.storage import buckets, lake
from core.storage.object_store import ObjectMissingError
from core.vision.decode import BadImageError, decode_with_remarks
from core.vision.detections import Pixels

_ANY = 10**6
"""Stored files are decoded at full size, whatever the current settings say."""


class ImageMissingError(RuntimeError):
    """The image is in the catalog, but its file is missing or damaged."""


def file_name(sha256: str) -> str:
    """The file name of an image in its bucket."""
    return f"{sha256}.jpg"


def write(sha256: str, data: bytes) -> None:
    """Store ``data`` under its digest, replacing an existing file.

    Raises ``lake.DiskFullError`` before anything is written, ``lake.LakeError`` when writing fails.
    """
    folder = buckets.folder(buckets.IMAGES)
    folder.mkdir(parents=True, exist_ok=True)
    lake.require_space(folder, len(data))
    temporary = folder / f".{uuid4().hex}.tmp"
    try:
        temporary.write_bytes(data)
        with lake.reached():
            buckets.keep(buckets.IMAGES, temporary, file_name(sha256))
    except OSError as error:
        raise lake.LakeError(f"The image could not be stored: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def local_path(sha256: str) -> Path:
    """The local file of an image.

    Raises :class:`ImageMissingError` when it is missing, ``lake.LakeUnreachableError`` when that is unknown.
    """
    try:
        with lake.reached():
            return buckets.fetch(buckets.IMAGES, file_name(sha256))
    except ObjectMissingError as error:
        raise ImageMissingError(
            f"The image {file_name(sha256)} is missing. Delete it on Datasets; "
            "`python3 manage.py doctor` lists every such case."
        ) from error


def is_stored(sha256: str) -> bool:
    """Whether the file exists. Raises ``lake.LakeUnreachableError``."""
    with lake.reached():
        return buckets.exists(buckets.IMAGES, file_name(sha256))


def stored_digests(digests: Collection[str]) -> set[str]:
    """The digests whose files exist. Raises ``lake.LakeUnreachableError``."""
    with lake.reached():
        found = buckets.present(buckets.IMAGES, [file_name(sha256) for sha256 in digests])
    return {sha256 for sha256 in digests if file_name(sha256) in found}


def prefetch(digests: Collection[str]) -> None:
    """Fetch files from the object store in parallel, before they are read one by one."""
    buckets.fetch_many(buckets.IMAGES, [file_name(sha256) for sha256 in digests])


def read(sha256: str) -> Pixels:
    """The decoded image, shape (height, width, 3), blue-green-red.

    Raises :class:`ImageMissingError` when it is missing or damaged, ``lake.LakeUnreachableError``.
    """
    path = local_path(sha256)
    try:
        return decode_with_remarks(path.read_bytes(), side=_ANY).pixels
    except (BadImageError, OSError) as error:
        raise ImageMissingError(
            f"The image {path.name} cannot be read ({error}). Delete it and add it again."
        ) from error


def remove(sha256: str) -> None:
    """Delete the file; a missing one is fine."""
    lake.forget(buckets.IMAGES, file_name(sha256))
