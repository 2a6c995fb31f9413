"""Rolling copies of a SQLite catalog in ``data/catalog-copies``: one a day and one before each migration.

They save the catalog, not the files it names: `manage.py backup` archives everything. A damaged catalog or one without
users is not copied, so that it never replaces a good copy. A catalog on a database server is copied by its own tools.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from loguru import logger

from core.backup.manifest import BackupError
from core.backup.snapshot import copy_sqlite
from core.catalog.revision import sqlite_file, sqlite_value
from core.config.settings import Settings, get_settings
from core.storage.object_store import fsync_and_rename

_NAME = "catalog-%Y%m%d-%H%M%S.db"
_LOOK_EVERY_S = 600.0


@dataclass(frozen=True, slots=True)
class CatalogCopy:
    """One copy; ``made_at`` is aware UTC, from its name."""

    path: Path
    made_at: datetime


def copies(settings: Settings) -> list[CatalogCopy]:
    """All copies, newest first; those from the future, made while the clock was ahead, come last."""
    now = datetime.now(UTC)
    return sorted(_found(settings.copies_dir), key=lambda copy: (copy.made_at <= now, copy.made_at), reverse=True)


def _found(folder: Path) -> Iterator[CatalogCopy]:
    for path in folder.glob("catalog-*.db"):
        try:
            yield CatalogCopy(path, datetime.strptime(path.name, _NAME).replace(tzinfo=UTC))
        except ValueError:  # a file that somebody else put there
            continue


def copy_if_due(settings: Settings) -> Path | None:
    """Copy the catalog when the newest copy is older than the interval. Raises :class:`BackupError`."""
    now, interval = datetime.now(UTC), timedelta(hours=settings.catalog_copy_hours)
    # A copy from the future was made while the clock was wrong.
    if any(now - interval < copy.made_at <= now for copy in copies(settings)):
        return None
    return copy_now(settings)


def copy_now(settings: Settings) -> Path | None:
    """Copy the catalog and delete the oldest copies beyond ``SHIFUMI_CATALOG_COPIES``.

    None when there is nothing worth keeping: no SQLite file, no users, or copies are off. Raises :class:`BackupError`.
    """
    source = sqlite_file(settings.catalog_url)
    if not settings.catalog_copies or source is None or not has_people(source):
        return None
    folder = settings.copies_dir
    temporary = folder / f".{uuid4().hex}.tmp"
    target = folder / datetime.now(UTC).strftime(_NAME)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy_sqlite(source, temporary)
        temporary.chmod(0o600)
        _make_one_file(temporary)
        require_intact(temporary)
        fsync_and_rename(temporary, target)
    except OSError as error:
        raise BackupError(f"The catalog could not be copied to {folder}: {error}") from error
    finally:
        for ending in ("", "-wal", "-shm"):
            temporary.with_name(temporary.name + ending).unlink(missing_ok=True)
    _prune(settings, target)
    return target


def _make_one_file(path: Path) -> None:
    """Leave WAL mode: a copy can then be read without files beside it, also on a read-only disk."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise BackupError(f"The copy of the catalog is damaged ({error}).") from error


def require_intact(path: Path) -> None:
    """SQLite's own check of every page. Raises :class:`BackupError` when the file is damaged."""
    try:
        said = sqlite_value(path, "PRAGMA integrity_check(1)")
    except sqlite3.Error as error:
        said = error
    if said != "ok":
        raise BackupError(f"{path.name} is damaged ({said}). `python3 manage.py doctor` says what to do.")


def has_people(source: Path) -> bool:
    """Whether this SQLite file is a catalog with users."""
    try:
        return source.is_file() and sqlite_value(source, "SELECT 1 FROM users LIMIT 1") is not None
    except sqlite3.Error:
        return False


def _prune(settings: Settings, newest: Path) -> None:
    for copy in copies(settings)[settings.catalog_copies :]:
        if copy.path != newest:
            copy.path.unlink(missing_ok=True)


def keep_copying(stop: threading.Event | None = None) -> None:
    """Copy whenever a copy is due, until ``stop``. A failure is logged once and tried again."""
    stop, failing = stop or threading.Event(), False
    while True:
        try:
            copy_if_due(get_settings())
            failing = False
        except (BackupError, OSError) as error:
            if not failing:
                logger.warning("The daily copy of the catalog: {}", error)
            failing = True
        if stop.wait(_LOOK_EVERY_S):
            return
