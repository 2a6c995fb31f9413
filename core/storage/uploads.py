"""Uploaded files of a job: stored under our own names until the job is done, at most a week."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from core.config.messages import say
from core.config.settings import get_settings
from core.storage import buckets, lake
from core.storage.object_store import ObjectMissingError, ObjectStoreError

_KEEP_S = 7 * 24 * 3600


class UploadTooLargeError(ValueError):
    """More than ``SHIFUMI_UPLOAD_MAX_MB``."""


def keep(content: BinaryIO, suffix: str, room: float = 1.0) -> str:
    """Store a file and return its name. ``room`` times its size must be free, for the job's output.

    Raises :class:`UploadTooLargeError`, ``lake.LakeError`` and ``OSError``; then nothing is stored.
    """
    settings = get_settings()
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    if size > settings.upload_max_mb * 1_000_000:
        raise UploadTooLargeError(say("upload.too_large", size=size, limit=settings.upload_max_mb * 1_000_000))
    folder = buckets.folder(buckets.UPLOADS)
    folder.mkdir(parents=True, exist_ok=True)
    lake.require_space(folder, int((1 + room) * size))
    sweep()
    name = f"{uuid4().hex}{suffix}"
    temporary = folder / f".{name}.tmp"
    try:
        with temporary.open("wb") as file:
            shutil.copyfileobj(content, file)
        with lake.reached():
            buckets.keep(buckets.UPLOADS, temporary, name)
    finally:
        temporary.unlink(missing_ok=True)
    return name


def path_of(name: str) -> Path:
    """The local path of an upload; the file may not exist any more. Raises ``lake.LakeUnreachableError``.

    Only the name is used: a path from a run's parameters must not leave the folder.
    """
    name = Path(name).name
    try:
        with lake.reached():
            return buckets.fetch(buckets.UPLOADS, name)
    except ObjectMissingError:
        return buckets.folder(buckets.UPLOADS) / name


def discard(name: str) -> None:
    """Delete an upload; a missing one is fine."""
    lake.forget(buckets.UPLOADS, Path(name).name)


def sweep() -> None:
    """Delete uploads and outputs older than a week."""
    for bucket in (buckets.UPLOADS, buckets.OUTPUTS):
        with suppress(ObjectStoreError):  # the next upload reports it
            for entry in list(buckets.listing(bucket)):
                if time.time() - entry.modified > _KEEP_S:
                    lake.forget(bucket, entry.name)
