"""Create an archive of a running installation.

The order matters. Writers store a file first and reference it afterwards, so references are archived before the files:
every file referenced by the catalog snapshot still exists. In the other order the catalog would reference files that
were created after the files had been copied. For the same reason MLflow comes after the catalog snapshot: a decision
is written after its version.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select, text

from core import __version__
from core.backup import snapshot, tables
from core.backup.archive_writer import ArchiveWriter, new_archive
from core.backup.manifest import FORMAT, BackupError, Manifest
from core.catalog.image_tables import Image
from core.catalog.revision import newest_revision, sqlite_file
from core.catalog.tables import Dataset
from core.config.logs import redact
from core.config.prefect_address import prefect_is_elsewhere
from core.config.settings import Settings
from core.images.files import file_name
from core.storage import buckets
from core.storage.object_store import ObjectMissingError, ObjectStoreError

ProgressCallback = Callable[[str], None]


@dataclass(slots=True)
class _Backup:
    """An archive being written."""

    settings: Settings
    archive: ArchiveWriter
    manifest: Manifest
    scratch: Path
    tell: ProgressCallback


def create_backup(settings: Settings, target: Path, tell: ProgressCallback) -> Manifest:
    """Write everything to ``target``; ``tell`` is called with progress texts. Raises :class:`BackupError`.

    Logs, the cache (``data/cache``), downloaded weights and unfinished trainings are excluded: they can be recreated.
    So is the cookie key: with it anyone who has the archive could log in as any user.
    """
    manifest = Manifest(FORMAT, __version__, datetime.now(UTC).isoformat(timespec="seconds"), "", "")
    with (
        new_archive(target) as archive,
        tempfile.TemporaryDirectory(prefix=".shifumi-backup-", dir=target.parent, ignore_cleanup_errors=True) as folder,
    ):
        making = _Backup(settings, archive, manifest, Path(folder), tell)
        try:
            _add_all(making, _catalog(making))
        except ObjectStoreError as error:
            raise BackupError(f"The backup failed: {error}") from error
        archive.finish(manifest)
    return manifest


def _add_all(making: _Backup, named: dict[str, list[str]]) -> None:
    for bucket in (buckets.LAKE, buckets.IMAGES):
        _named_files(making, bucket, named[bucket])
    for bucket in (buckets.UPLOADS, buckets.OUTPUTS):
        waiting = [entry.name for entry in buckets.listing(bucket) if not Path(entry.name).name.startswith(".")]
        _named_files(making, bucket, waiting)
    _mlflow(making)
    _prefect(making)


def _catalog(making: _Backup) -> dict[str, list[str]]:
    """Add the catalog's rows; returns the files they reference, by bucket."""
    making.tell("the catalog")
    with snapshot.catalog_snapshot(making.settings.catalog_url, making.scratch) as connection:
        making.manifest.engine = connection.dialect.name
        making.manifest.revision = _revision(connection)
        for table in tables.catalog_tables():
            with making.archive.member(f"catalog/{table.name}.jsonl", packed=True) as target:
                tables.dump(connection, table, target)
        return {
            buckets.LAKE: list(connection.scalars(select(Dataset.path).order_by(Dataset.path))),
            buckets.IMAGES: [file_name(one) for one in connection.scalars(select(Image.sha256).distinct())],
        }


def _revision(connection: Connection) -> str:
    stored = str(connection.scalar(text("SELECT version_num FROM alembic_version")))
    if stored != newest_revision():
        raise BackupError(
            f"The catalog's tables are at {stored}, the program expects {newest_revision()}. "
            "Run `python3 manage.py migrate` first."
        )
    return stored


def _named_files(making: _Backup, bucket: str, names: Sequence[str]) -> None:
    """Add files; those deleted meanwhile, together with their row, are noted."""
    gone, damaged = [], []
    for number, name in enumerate(names):
        making.tell(f"{bucket}: {number + 1:,} of {len(names):,}")
        try:
            with buckets.borrowed(bucket, name) as file:
                member = making.archive.add(f"{bucket}/{name}", file)
        except (ObjectMissingError, FileNotFoundError):
            gone.append(name)
            continue
        if buckets.digest_in(name) not in (None, member.sha256):
            damaged.append(name)
    for found, what in ((gone, "are missing"), (damaged, "were damaged before")):
        if found:
            first = ", ".join(found[:3])
            making.manifest.notes.append(f"{len(found)} files of {bucket} {what}: {first}. `doctor --deep` lists them.")


def _mlflow(making: _Backup) -> None:
    settings, uri = making.settings, making.settings.tracking_uri
    making.tell("MLflow")
    if uri.startswith(("http://", "https://")):
        making.manifest.notes.append(
            f"Runs and models are on the MLflow server {redact(uri)} and NOT in this archive: back up its database and "
            "its artifact folder or bucket there, at the same time."
        )
        return
    if (path := sqlite_file(uri)) is None:
        making.manifest.notes.append(
            f"MLflow's database {redact(uri)} is NOT in this archive, only its files are: use `pg_dump` for it."
        )
    elif path.is_file():
        _database(making, path, "mlflow/mlflow.db")
    making.manifest.artifacts = (settings.mlflow_dir / "artifacts").as_uri()
    files = sorted(path for path in (settings.mlflow_dir / "artifacts").rglob("*") if path.is_file())
    for number, file in enumerate(files):
        making.tell(f"MLflow's files: {number + 1:,} of {len(files):,}")
        with suppress(FileNotFoundError):  # a temporary file of a running training
            making.archive.add(f"mlflow/{file.relative_to(settings.mlflow_dir).as_posix()}", file)


def _prefect(making: _Backup) -> None:
    settings = making.settings
    if settings.prefect_database_url is not None:
        making.manifest.notes.append(
            "Prefect's history is in its own PostgreSQL and NOT in this archive: use `pg_dump` for it. Nothing of "
            "Shifumi's depends on it."
        )
    elif prefect_is_elsewhere(settings):
        making.manifest.notes.append(
            f"Prefect's history is on the server {redact(settings.prefect_api)} and NOT in this archive. Nothing of "
            "Shifumi's depends on it."
        )
    elif (path := settings.prefect_home / "prefect.db").is_file():
        making.tell("Prefect")
        _database(making, path, "prefect/prefect.db")


def _database(making: _Backup, source: Path, name: str) -> None:
    copy = making.scratch / source.name
    snapshot.copy_sqlite(source, copy)
    making.archive.add(name, copy, packed=True)
    copy.unlink()
