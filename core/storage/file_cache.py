"""Local cache of the object store: same names, verified on arrival, least recently used files evicted first."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.config.settings import Settings

KEEP_S = 600.0
"""A cached file requested that recently is not evicted: the reader may not have opened it yet."""
_EVERY_S = 30.0
_trimmed_at: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class _Copy:
    path: Path
    used: float
    bytes: int


def touch(path: Path) -> bool:
    """Mark a cached file as used; False when it is not cached. On a read-only disk it is read unmarked."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    except OSError:
        return path.is_file()
    return True


def trim_sometimes(settings: Settings) -> None:
    """:func:`trim`, at most twice a minute per process: listing the folder costs more than one image."""
    folder, now = str(settings.cache_dir), time.monotonic()
    if now - _trimmed_at.get(folder, -_EVERY_S) >= _EVERY_S:
        _trimmed_at[folder] = now
        trim(settings)


def trim(settings: Settings) -> int:
    """Evict files until ``SHIFUMI_CACHE_MAX_MB`` is met; returns how many were removed.

    Safe with concurrent readers and trimmers: an open file stays readable on POSIX, a missing one is fine.
    """
    copies = sorted(_copies(settings.cache_dir), key=lambda copy: copy.used)
    over = sum(copy.bytes for copy in copies) - settings.cache_max_mb * 1_000_000
    removed = 0
    for copy in copies:
        if over <= 0 or time.time() - copy.used < KEEP_S:
            break
        with suppress(OSError):  # Windows does not delete open files
            copy.path.unlink()
            removed += 1
            over -= copy.bytes
    return removed


def _copies(folder: Path) -> list[_Copy]:
    found = []
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            facts = path.stat()
            if path.is_file():
                found.append(_Copy(path, facts.st_mtime, facts.st_size))
    return found
