"""Restore an archive: verified, unpacked to a temporary folder, then moved into place.

Nothing existing is touched until the last step; then folders are renamed, which needs no disk space.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from alembic.util import CommandError as MigrationError
from sqlalchemy.exc import SQLAlchemyError

from core.backup import mlflow_paths, tables
from core.backup.archive_reader import ArchiveReader, open_archive
from core.backup.manifest import BackupError, Manifest
from core.catalog import migrate
from core.catalog.engine import engine_for
from core.catalog.revision import sqlite_file
from core.config.settings import Settings
from core.storage import buckets, lake
from core.storage.object_store import ObjectStoreError, object_store_for

ProgressCallback = Callable[[str], None]
_OURS = ("run", "logs", "cache", "README.md")
"""What stays: it belongs to the machine or to the project, not to the installation's data."""
_STAGE, _ASIDE = ".restoring-", "before-restore-"


@dataclass(frozen=True, slots=True)
class Restored:
    """``aside`` is where ``force`` moved existing data; None when there was none."""

    manifest: Manifest
    aside: Path | None


def restore(settings: Settings, source: Path, tell: ProgressCallback, *, force: bool = False) -> Restored:
    """Restore an archive into the data folder. Raises :class:`BackupError`; then existing data is unchanged.

    Call it while nothing uses the data folder. All users have to log in again: sessions that were ended after the
    backup must not become valid again.
    """
    with open_archive(source) as archive:
        _check_target(settings, archive, force=force)
        archive.verify(tell)
        stage = settings.data_dir / f"{_STAGE}{uuid4().hex}"
        try:
            lake.require_space(settings.data_dir, int(1.2 * archive.bytes), settings)
            _put_together(settings, archive, stage, tell)
            with _let_go(settings):
                aside = _make_room(settings) if force else None
                _move_in(settings, stage)
        except (OSError, lake.DiskFullError, ObjectStoreError) as error:
            raise BackupError(f"The archive could not be restored: {error}") from error
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    (settings.run_dir / "cookie.key").unlink(missing_ok=True)
    settings.make_folders()
    return Restored(archive.manifest, aside)


def _check_target(settings: Settings, archive: ArchiveReader, *, force: bool) -> None:
    if not force and (found := _in_the_way(settings.data_dir)):
        raise BackupError(
            f"{settings.data_dir} is not empty ({', '.join(path.name for path in found[:4])}). Restore into another "
            "folder with SHIFUMI_DATA_DIR, or use --force, which moves existing data aside."
        )
    tracking = sqlite_file(settings.tracking_uri)
    if tracking is not None:
        _refuse_outside(settings, tracking, "MLFLOW_TRACKING_URI")
    elif archive.below("mlflow"):
        raise BackupError(
            "The archive contains an MLflow store, but MLFLOW_TRACKING_URI points elsewhere. Restore it without that "
            "variable first, then migrate MLflow as described in its documentation."
        )
    _check_catalog(settings)


def _check_catalog(settings: Settings) -> None:
    """A catalog on a server must be empty."""
    path = sqlite_file(settings.catalog_url)
    if path is not None:
        _refuse_outside(settings, path, "SHIFUMI_DATABASE_URL")
        return
    try:
        with engine_for(settings.catalog_url).connect() as connection:
            empty = tables.is_empty(connection)
    except SQLAlchemyError as error:
        raise BackupError(f"The catalog does not respond: {str(error).strip().splitlines()[0]}") from error
    if not empty:
        raise BackupError("The database of SHIFUMI_DATABASE_URL is not empty. Create an empty one and use that.")


def _refuse_outside(settings: Settings, path: Path, variable: str) -> None:
    """Files outside of the data folder are never moved aside, and never overwritten."""
    if path.exists() and not path.is_relative_to(settings.data_dir):
        raise BackupError(f"{path} exists already. Set {variable} to a new file, or remove the variable.")


def _in_the_way(folder: Path) -> list[Path]:
    """Contents that an empty data folder would not have."""
    kept = [path for path in folder.iterdir() if path.name not in _OURS and not path.name.startswith((_STAGE, _ASIDE))]
    return sorted(path for path in kept if not path.is_dir() or any(one.is_file() for one in path.rglob("*")))


def _put_together(settings: Settings, archive: ArchiveReader, stage: Path, tell: ProgressCallback) -> None:
    stage.mkdir(mode=0o700)
    for number, name in enumerate(archive.manifest.members):
        tell(f"unpacking {number + 1:,} of {len(archive.manifest.members):,}")
        archive.extract(name, stage)
    if archive.manifest.artifacts and (stage / "mlflow" / "mlflow.db").is_file():
        mlflow_paths.rewrite_paths(
            stage / "mlflow" / "mlflow.db", archive.manifest.artifacts, settings.mlflow_dir / "artifacts"
        )
    _share(settings, stage, tell)
    tell("the catalog")
    _catalog(settings, archive.manifest, stage)


def _share(settings: Settings, stage: Path, tell: ProgressCallback) -> None:
    """Upload to the object store, if configured: its files are immutable, so additional ones do no harm."""
    place = object_store_for(settings)
    if place is None:
        return
    for bucket in buckets.BUCKETS:
        folder = stage / bucket
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            tell(f"storing {bucket}")
            place.put(file, f"{bucket}/{file.relative_to(folder).as_posix()}")
        shutil.rmtree(folder, ignore_errors=True)


def _catalog(settings: Settings, manifest: Manifest, stage: Path) -> None:
    """Create tables of the archive's revision, insert its rows, then migrate."""
    local = sqlite_file(settings.catalog_url) is not None
    url = f"sqlite:///{(stage / 'catalog.db').as_posix()}" if local else settings.catalog_url
    dumps = {file.stem: file for file in (stage / "catalog").glob("*.jsonl")}
    engine = engine_for(url)
    try:
        with engine.connect() as connection:
            left_over = tables.has_tables(connection)
        if left_over:
            migrate.downgrade("base", url)
        migrate.upgrade(url, manifest.revision)
        with engine.begin() as connection:
            tables.load(connection, dumps)
        migrate.upgrade(url)
    except (SQLAlchemyError, MigrationError, ValueError, TypeError, AttributeError) as error:
        raise BackupError(f"The catalog's rows do not fit: {str(error).strip().splitlines()[0]}") from error
    finally:
        engine.dispose()
    shutil.rmtree(stage / "catalog", ignore_errors=True)


@contextmanager
def _let_go(settings: Settings) -> Iterator[None]:
    """Close this process's connections before the move: they would keep using the old file.

    Windows cannot move open files; and a thread may open one meanwhile, hence again at the end.
    """
    engine = engine_for(settings.catalog_url)
    engine.dispose()
    try:
        yield
    finally:
        engine.dispose()


def _make_room(settings: Settings) -> Path | None:
    """Move existing data to a folder inside the data folder; renaming there works on mounted volumes too."""
    found = [path for path in _in_the_way(settings.data_dir) if path.name not in _OURS]
    if not found:
        return None
    aside = settings.data_dir / f"{_ASIDE}{datetime.now(UTC):%Y%m%d-%H%M%S}"
    aside.mkdir(mode=0o700)
    for path in found:
        path.rename(aside / path.name)
    return aside


def _move_in(settings: Settings, stage: Path) -> None:
    for path in sorted(stage.iterdir()):
        target = settings.data_dir / path.name
        if target.is_dir():
            _remove_empty(target)
        path.rename(target)
    for made, url in (("catalog.db", settings.catalog_url), ("mlflow/mlflow.db", settings.tracking_uri)):
        wanted = sqlite_file(url)
        if wanted is not None and wanted != settings.data_dir / made and (settings.data_dir / made).is_file():
            wanted.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(settings.data_dir / made, wanted)


def _remove_empty(folder: Path) -> None:
    """Raises ``OSError`` when the folder is not empty after all."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir()
    folder.rmdir()
