"""Datasets as immutable Parquet files, written and read by DuckDB.

Files are written atomically (temporary name, fsync, rename; ``core.storage``) and named by the SHA-256 of
their content. They are registered in the catalog afterwards: a crash leaves at most an orphaned file, which
``manage.py doctor --fix`` moves to ``lost+found``.

DuckDB is imported inside the functions: the sidecar reads this module but never a dataset.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from loguru import logger
from numpy.typing import NDArray

from core.config.messages import message_of, say
from core.config.settings import Settings, get_settings
from core.storage import buckets
from core.storage.buckets import sha256_of
from core.storage.object_store import ObjectMissingError, ObjectStoreError

Columns = Mapping[str, NDArray[Any]]


class LakeError(RuntimeError):
    """A dataset cannot be written or read; the message says what to do."""


class DiskFullError(LakeError):
    """Not enough free disk space for a write."""


class DatasetMissingError(LakeError):
    """The dataset is in the catalog, but its file is missing or damaged."""


class LakeUnreachableError(LakeError):
    """The object store of datasets and images (``SHIFUMI_LAKE_URL``) does not respond or rejects access."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A Parquet file in the lake. ``path`` is relative to the lake folder; ``bytes`` is its size."""

    sha256: str
    path: str
    rows: int
    bytes: int


@contextmanager
def reached() -> Iterator[None]:
    """Turn errors of the object store into :class:`LakeUnreachableError`; a missing file is passed on unchanged."""
    try:
        yield
    except ObjectMissingError:
        raise
    except ObjectStoreError as error:
        raise LakeUnreachableError(message_of(error)) from error


def require_space(folder: Path, needed_bytes: int, settings: Settings | None = None) -> None:
    """Raise :class:`DiskFullError` unless ``needed_bytes`` and the configured reserve are free in ``folder``."""
    settings = settings or get_settings()
    free = shutil.disk_usage(folder).free
    if free < needed_bytes + settings.min_free_disk_mb * 1_000_000:
        raise DiskFullError(
            say("lake.disk_full", needed=needed_bytes, reserve=settings.min_free_disk_mb * 1_000_000, free=free)
        )


def write(columns: Columns, workload: str) -> StoredFile:
    """Store equally long one-dimensional arrays as one Parquet file of ``workload``.

    Raises :class:`DiskFullError` before anything is written, :class:`LakeError` when writing fails.
    """
    import duckdb

    folder = buckets.folder(buckets.LAKE) / workload
    folder.mkdir(parents=True, exist_ok=True)
    rows = len(next(iter(columns.values())))
    require_space(folder, sum(array.nbytes for array in columns.values()))
    temporary = folder / f".{uuid4().hex}.tmp"
    try:
        _copy_to_parquet(columns, temporary)
        digest, size = sha256_of(temporary), temporary.stat().st_size
        path = f"{workload}/{digest}.parquet"
        with reached():
            buckets.keep(buckets.LAKE, temporary, path)
    except (duckdb.Error, OSError) as error:
        raise LakeError(say("lake.not_written", error=str(error))) from error
    finally:
        temporary.unlink(missing_ok=True)
    return StoredFile(digest, path, rows, size)


def _copy_to_parquet(columns: Columns, target: Path) -> None:
    import duckdb

    # Plain encoding and snappy: random doubles do not compress, zstd only costs time on them.
    with duckdb.connect() as connection:
        connection.register("incoming", {name: np.ascontiguousarray(array) for name, array in columns.items()})
        copy = f"COPY (SELECT * FROM incoming) TO '{_quoted(target)}' (FORMAT parquet, COMPRESSION snappy)"  # noqa: S608
        connection.execute(copy)


def read(path: str, columns: Sequence[str], where: str = "TRUE", limit: int | None = None) -> dict[str, NDArray[Any]]:
    """Columns of a stored dataset as one-dimensional arrays.

    ``where`` is our own SQL, never user input; ``limit`` draws a random sample of that many rows, the same one
    each time. Raises :class:`DatasetMissingError` when the file is missing or unreadable,
    :class:`LakeUnreachableError` when the object store does not respond.
    """
    import duckdb

    file = file_of(path)
    sample = f" USING SAMPLE reservoir({int(limit)} ROWS) REPEATABLE (7)" if limit is not None else ""
    names = ", ".join(f'"{name}"' for name in columns)
    inner = f"SELECT {names} FROM read_parquet('{_quoted(file)}') WHERE {where}"  # noqa: S608
    try:
        with duckdb.connect() as connection:
            # One thread for samples: otherwise they are not repeatable.
            if limit is not None:
                connection.execute("SET threads=1")
            found = connection.execute(f"SELECT * FROM ({inner}){sample}").fetchnumpy()  # noqa: S608
    except duckdb.Error as error:
        raise DatasetMissingError(say("lake.unreadable", file=path, error=str(error))) from error
    return {name: _filled(found[name]) for name in columns}


def _filled(column: Any) -> NDArray[Any]:
    """A missing number becomes NaN: DuckDB stores NaN as NULL, under whose mask lies any number."""
    plain: NDArray[Any] = np.ma.getdata(column)
    missing = np.ma.getmaskarray(column)
    if not missing.any() or plain.dtype.kind not in "fiub":
        return plain
    filled: NDArray[Any] = np.where(missing, np.nan, plain.astype(np.float64))
    return filled


def file_of(path: str) -> Path:
    """The local file of a catalog path.

    Raises :class:`DatasetMissingError` when it is missing, :class:`LakeUnreachableError` when that is unknown.
    """
    try:
        with reached():
            return buckets.fetch(buckets.LAKE, path)
    except ObjectMissingError as error:
        raise DatasetMissingError(say("lake.missing", file=path)) from error


def delete(path: str) -> None:
    """Delete a stored file; a missing file is fine, an unreachable one is left to the doctor."""
    forget(buckets.LAKE, path)


def forget(bucket: str, name: str) -> None:
    """Delete an unreferenced file: if that fails it becomes an orphan, which is no error."""
    try:
        buckets.remove(bucket, name)
    except ObjectStoreError as error:
        logger.warning("{}/{} stays until `manage.py doctor --fix`: {}", bucket, name, error)


def _quoted(path: Path) -> str:
    return path.as_posix().replace("'", "''")
