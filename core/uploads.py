"""Files that people uploaded for a job: kept under names of ours until the job is done, or for a week."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from core import lake
from core.settings import get_settings

_KEEP_S = 7 * 24 * 3600


class UploadTooLargeError(ValueError):
    """More than ``SHIFUMI_UPLOAD_MAX_MB``."""


def keep(content: BinaryIO, suffix: str, room: float = 1.0) -> str:
    """Store a file and return its name. ``room`` times its size must be free, for what the job makes of it.

    Raises :class:`UploadTooLargeError`, ``lake.DiskFullError`` and ``OSError``; then nothing is kept.
    """
    settings = get_settings()
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    if size > settings.upload_max_mb * 1_000_000:
        raise UploadTooLargeError(
            f"The file has {size / 1e6:,.0f} MB; {settings.upload_max_mb} MB are allowed. Split it into smaller files."
        )
    lake.require_space(settings.uploads_dir, int((1 + room) * size))
    sweep()
    name = f"{uuid4().hex}{suffix}"
    try:
        with path_of(name).open("wb") as file:
            shutil.copyfileobj(content, file)
    except OSError:
        discard(name)
        raise
    return name


def path_of(name: str) -> Path:
    """Where an upload lies. The name alone counts: a path from a run's parameters must not lead out of the folder."""
    return get_settings().uploads_dir / Path(name).name


def discard(name: str) -> None:
    """Forget an upload; one that is gone is fine."""
    path_of(name).unlink(missing_ok=True)


def sweep() -> None:
    """Remove uploads and what jobs made of them once they are older than a week."""
    settings = get_settings()
    for folder in (settings.uploads_dir, settings.outputs_dir):
        for file in folder.iterdir():
            with suppress(FileNotFoundError):  # somebody else sweeps too
                if time.time() - file.stat().st_mtime > _KEEP_S:
                    file.unlink()
