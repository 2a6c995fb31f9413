"""Buckets of files: ``lake``, ``images``, ``uploads`` and ``outputs``, in the data folder or in the object store.

Writers create a file under a temporary name in :func:`folder`, then call :func:`keep`; readers get a local path from
:func:`fetch`. Without ``SHIFUMI_LAKE_URL`` these are a rename and a look-up in the data folder. With it ``folder`` is
the local cache: a file is uploaded to the object store before it gets its final name here, and a file whose name is
its SHA-256 is verified on arrival.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from core.config.settings import get_settings
from core.storage import file_cache
from core.storage.object_store import (
    Entry,
    ObjectMissingError,
    ObjectStore,
    ObjectStoreError,
    fsync_and_rename,
    object_store_for,
)

LAKE, IMAGES, UPLOADS, OUTPUTS = BUCKETS = ("lake", "images", "uploads", "outputs")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_AT_ONCE = 8


def shared() -> bool:
    """True when the files are in an object store, and local ones are a cache."""
    return get_settings().lake_url is not None


def folder(bucket: str) -> Path:
    """The local folder of a bucket: the files themselves, or their cache."""
    settings = get_settings()
    own: Path = settings.cache_dir / bucket if shared() else getattr(settings, f"{bucket}_dir")
    return own


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(bucket: str, temporary: Path, name: str) -> Path:
    """Store a finished file from :func:`folder` under its final name; returns its local path.

    Raises ``OSError``, and :class:`ObjectStoreError` when the object store rejects it; then nothing is stored.
    """
    final = folder(bucket) / name
    final.parent.mkdir(parents=True, exist_ok=True)
    place = object_store_for(get_settings())
    if place is None:
        fsync_and_rename(temporary, final)
        return final
    place.put(temporary, f"{bucket}/{name}")
    fsync_and_rename(temporary, final)
    file_cache.trim_sometimes(get_settings())
    return final


def fetch(bucket: str, name: str) -> Path:
    """The local path of a file. Raises ``ObjectMissingError``, or ``ObjectStoreError``: unreachable or damaged."""
    here = folder(bucket) / name
    place = object_store_for(get_settings())
    if place is None:
        if not here.is_file():
            raise ObjectMissingError(f"{name} is missing from {here.parent}.")
        return here
    if not file_cache.touch(here):
        _bring(place, bucket, name, here)
    return here


def _bring(place: ObjectStore, bucket: str, name: str, here: Path) -> None:
    here.parent.mkdir(parents=True, exist_ok=True)
    temporary = here.with_name(f".{uuid4().hex}.tmp")
    try:
        place.get(f"{bucket}/{name}", temporary)
        _verify(place, bucket, name, temporary)
        try:
            fsync_and_rename(temporary, here)
        except PermissionError:  # Windows, while another process reads the same cached file
            if not here.is_file():
                raise
    except OSError as error:
        raise ObjectStoreError(f"Cannot cache {bucket}/{name} in {here.parent}: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)
    file_cache.trim_sometimes(get_settings())


def _verify(place: ObjectStore, bucket: str, name: str, copy: Path) -> None:
    wanted = digest_in(name)
    if wanted and sha256_of(copy) != wanted:
        raise ObjectStoreError(
            f"{bucket}/{name} in {place.url} is damaged: its content does not match its SHA-256. "
            "Restore it from a backup; `python3 manage.py doctor --deep` lists every such file."
        )


def digest_in(name: str) -> str | None:
    """The SHA-256 in a file's name; None for other names."""
    stem = Path(name).stem
    return stem if _DIGEST.fullmatch(stem) else None


def fetch_many(bucket: str, names: Collection[str]) -> None:
    """Fetch files in parallel, for later calls of :func:`fetch`; errors are raised by those calls."""
    if not shared():
        return
    with ThreadPoolExecutor(_AT_ONCE, "blobs") as pool:
        for future in [pool.submit(fetch, bucket, name) for name in names]:
            with suppress(ObjectStoreError):
                future.result()


def exists(bucket: str, name: str) -> bool:
    """Whether the file is stored. Raises :class:`ObjectStoreError` when the object store does not respond."""
    place = object_store_for(get_settings())
    return (folder(bucket) / name).is_file() if place is None else place.exists(f"{bucket}/{name}")


def present(bucket: str, names: Collection[str]) -> set[str]:
    """Those of ``names`` that are stored: one listing instead of many requests. Raises ``ObjectStoreError``."""
    if not shared():
        return {name for name in names if (folder(bucket) / name).is_file()}
    return {entry.name for entry in listing(bucket)} & set(names)


def remove(bucket: str, name: str) -> None:
    """Delete a file and its cached copy; a missing file is fine. Raises ``OSError`` and :class:`ObjectStoreError`."""
    (folder(bucket) / name).unlink(missing_ok=True)
    place = object_store_for(get_settings())
    if place is not None:
        place.remove(f"{bucket}/{name}")


def listing(bucket: str) -> Iterator[Entry]:
    """All stored files, including temporary and orphaned ones. Raises :class:`ObjectStoreError`."""
    place = object_store_for(get_settings())
    if place is not None:
        yield from place.listing(bucket)
        return
    root = folder(bucket)
    for path in root.rglob("*"):
        with suppress(FileNotFoundError):  # deleted meanwhile
            if path.is_file():
                facts = path.stat()
                yield Entry(path.relative_to(root).as_posix(), facts.st_size, facts.st_mtime)


@contextmanager
def borrowed(bucket: str, name: str) -> Iterator[Path]:
    """The stored file itself, bypassing the cache: for checking or copying all files.

    Raises :class:`ObjectMissingError` and :class:`ObjectStoreError`.
    """
    place = object_store_for(get_settings())
    if place is None:
        yield fetch(bucket, name)
        return
    here = folder(bucket) / f".{uuid4().hex}.tmp"
    here.parent.mkdir(parents=True, exist_ok=True)
    try:
        place.get(f"{bucket}/{name}", here)
        yield here
    finally:
        here.unlink(missing_ok=True)
