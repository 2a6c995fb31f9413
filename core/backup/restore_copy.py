"""Restore a copy of a SQLite catalog: the rows only, the files stay."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from core.backup.catalog_copies import has_people, require_intact
from core.backup.manifest import BackupError
from core.backup.snapshot import copy_sqlite
from core.catalog.engine import engine_for
from core.catalog.revision import sqlite_file
from core.config.settings import Settings
from core.storage.object_store import fsync_and_rename

_MAGIC = b"SQLite format 3\0"


def is_copy(source: Path) -> bool:
    """Whether this file is a SQLite database rather than an archive."""
    try:
        with source.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def restore_copy(settings: Settings, source: Path, *, force: bool = False) -> Path | None:
    """Put a copy of the catalog in the catalog's place; what was there is moved to ``lost+found``, whose folder is
    returned; None when nothing was there.

    Call it while nothing uses the data folder. All users have to log in again. Raises :class:`BackupError`.
    """
    target = sqlite_file(settings.catalog_url)
    if target is None:
        raise BackupError("A copy of a SQLite catalog replaces no database server. Remove SHIFUMI_DATABASE_URL first.")
    require_intact(source)
    if not has_people(source):
        raise BackupError(f"{source} is not a catalog with users.")
    if not force and has_people(target):
        raise BackupError(
            f"The catalog {target} has users. Use --force to replace it; it is moved to lost+found first."
        )
    temporary = target.with_name(f".{uuid4().hex}.tmp")
    try:
        copy_sqlite(source, temporary)
        temporary.chmod(0o600)
        engine_for(settings.catalog_url).dispose()  # open connections would keep using the old file
        aside = _move_aside(settings, target)
        fsync_and_rename(temporary, target)
        (settings.run_dir / "cookie.key").unlink(missing_ok=True)
    except OSError as error:
        raise BackupError(f"The copy could not be restored: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return aside


def _move_aside(settings: Settings, target: Path) -> Path | None:
    files = [path for ending in ("", "-wal", "-shm") if (path := target.with_name(target.name + ending)).exists()]
    if not files:
        return None
    aside = settings.lost_dir / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}" / "catalog"
    aside.mkdir(mode=0o700, parents=True)
    for path in files:
        shutil.move(path, aside / path.name)  # the catalog may be on another disk
    return aside
