"""Can this folder be written to? Small files that must not take a process down when it cannot."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

LEAST_BYTES = 64 * 1024
"""With less free space a disk counts as full."""
_RETRY_EVERY_S = 2.0
_REMEMBER_S = 1.0


def trouble(folder: Path, least_bytes: int = LEAST_BYTES) -> str:
    """Why nothing can be written to ``folder``; empty when something can. ``least_bytes`` must be free."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return f"{folder} cannot be used ({error.strerror})"
    if not os.access(folder, os.W_OK | os.X_OK):
        read_only = hasattr(os, "statvfs") and os.statvfs(folder).f_flag & os.ST_RDONLY
        return f"{folder} is {'on a read-only disk' if read_only else 'not writable for this user'}"
    if free < min(least_bytes, LEAST_BYTES):
        return f"the disk of {folder} is full ({free / 1e6:,.1f} MB are free)"
    if free < least_bytes:
        return (
            f"the disk of {folder} has {free / 1e6:,.0f} MB free, less than the reserve of {least_bytes / 1e6:,.0f} MB"
        )
    return ""


def writable_now(folder: Path) -> Callable[[], bool]:
    """A quick answer to whether ``folder`` has no :func:`trouble`, at most a second old."""
    asked_at, answer = -_REMEMBER_S, True

    def writable() -> bool:
        nonlocal asked_at, answer
        if time.monotonic() - asked_at >= _REMEMBER_S:
            asked_at, answer = time.monotonic(), not trouble(folder)
        return answer

    return writable


def write_whole(path: Path, text: str) -> None:
    """Replace a small file atomically. Raises ``OSError``; then the old one is unchanged and nothing is left over."""
    fresh = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise


def write_when_possible(path: Path, text: str) -> OSError | None:
    """:func:`write_whole` now, or in the background as soon as the disk takes it; returns why not now."""
    try:
        write_whole(path, text)
    except OSError as error:
        threading.Thread(target=_keep_trying, args=(path, text), name="write-later", daemon=True).start()
        return error
    return None


def _keep_trying(path: Path, text: str) -> None:
    while True:
        time.sleep(_RETRY_EVERY_S)
        with suppress(OSError):
            write_whole(path, text)
            return
