"""The pictures' files: JPEGs named by the SHA-256 of their bytes, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from core import lake
from core.images.decode import BadImageError, decode_with_remarks
from core.settings import get_settings
from core.workloads.rps.detections import Pixels

_ANY = 10**6
"""Our own files come back as they were stored, whatever the settings say today."""


class ImageMissingError(RuntimeError):
    """The catalog knows the picture, but its file is gone or damaged."""


def path_of(sha256: str) -> Path:
    """Where the file of these bytes belongs."""
    return get_settings().images_dir / f"{sha256}.jpg"


def write(sha256: str, data: bytes) -> None:
    """Store ``data`` under its digest, over whatever was there.

    Raises ``lake.DiskFullError`` before anything is written, ``lake.LakeError`` when writing fails.
    """
    path = path_of(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    lake.require_space(path.parent, len(data))
    temporary = path.with_name(f".{uuid4().hex}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise lake.LakeError(f"The picture could not be stored: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def existing(sha256: str) -> Path:
    """The file of these bytes. Raises :class:`ImageMissingError` when it is not there."""
    path = path_of(sha256)
    if not path.is_file():
        raise ImageMissingError(
            f"The picture {path.name} is missing from {path.parent}. Delete it under Datasets, Hands; "
            "`python3 manage.py doctor` lists every such case."
        )
    return path


def read(sha256: str) -> Pixels:
    """The decoded picture. Raises :class:`ImageMissingError` when it is gone or damaged."""
    path = existing(sha256)
    try:
        return decode_with_remarks(path.read_bytes(), side=_ANY).pixels
    except (BadImageError, OSError) as error:
        raise ImageMissingError(
            f"The picture {path.name} cannot be read ({error}). Delete it and add it again."
        ) from error


def remove(sha256: str) -> None:
    """Forget the file; one that is already gone is fine."""
    path_of(sha256).unlink(missing_ok=True)
