"""The pictures' files: JPEGs named by the SHA-256 of their bytes, written whole or not at all."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from uuid import uuid4

from core.storage import buckets, lake
from core.storage.object_store import ObjectMissingError
from core.vision.decode import BadImageError, decode_with_remarks
from core.vision.detections import Pixels

_ANY = 10**6
"""Our own files come back as they were stored, whatever the settings say today."""


class ImageMissingError(RuntimeError):
    """The catalog knows the picture, but its file is gone or damaged."""


def file_name(sha256: str) -> str:
    """How the file of these bytes is called on its bucket."""
    return f"{sha256}.jpg"


def write(sha256: str, data: bytes) -> None:
    """Store ``data`` under its digest, over whatever was there.

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
    """The local file of these bytes.

    Raises :class:`ImageMissingError` when there is none, ``lake.LakeUnreachableError`` when nobody can say.
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
    """Whether the file is there. Raises ``lake.LakeUnreachableError``."""
    with lake.reached():
        return buckets.exists(buckets.IMAGES, file_name(sha256))


def stored_digests(digests: Collection[str]) -> set[str]:
    """Those digests whose files are there. Raises ``lake.LakeUnreachableError``."""
    with lake.reached():
        found = buckets.present(buckets.IMAGES, [file_name(sha256) for sha256 in digests])
    return {sha256 for sha256 in digests if file_name(sha256) in found}


def prefetch(digests: Collection[str]) -> None:
    """Fetch pictures from elsewhere, several at a time, before each of them is asked for."""
    buckets.fetch_many(buckets.IMAGES, [file_name(sha256) for sha256 in digests])


def read(sha256: str) -> Pixels:
    """The decoded picture.

    Raises :class:`ImageMissingError` when it is gone or damaged, ``lake.LakeUnreachableError``.
    """
    path = local_path(sha256)
    try:
        return decode_with_remarks(path.read_bytes(), side=_ANY).pixels
    except (BadImageError, OSError) as error:
        raise ImageMissingError(
            f"The image {path.name} cannot be read ({error}). Delete it and add it again."
        ) from error


def remove(sha256: str) -> None:
    """Forget the file; one that is already gone is fine."""
    lake.forget(buckets.IMAGES, file_name(sha256))
