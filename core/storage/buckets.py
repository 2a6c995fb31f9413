"""Shelves of files: ``lake``, ``images``, ``uploads`` and ``outputs``, here or in the shared place.

Whoever makes a file writes it under a temporary name into :func:`folder`, then calls :func:`keep`; whoever reads
gets a local path from :func:`fetch`. Without ``SHIFUMI_LAKE_URL`` both are a rename and a look into the data folder.
With it ``folder`` is the cache: a kept file is put into the shared place before it gets its name here, and a file
whose name is its SHA-256 is compared with it on arrival.
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
from core.storage.object_store import BlobError, BlobMissingError, Entry, Remote, fsync_and_rename, remote_for

LAKE, IMAGES, UPLOADS, OUTPUTS = SHELVES = ("lake", "images", "uploads", "outputs")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_AT_ONCE = 8


def shared() -> bool:
    """True when the files are in a shared place, and what lies here are copies."""
    return get_settings().lake_url is not None


def folder(shelf: str) -> Path:
    """The local folder of a shelf: the files themselves, or their copies."""
    settings = get_settings()
    own: Path = settings.cache_dir / shelf if shared() else getattr(settings, f"{shelf}_dir")
    return own


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(shelf: str, temporary: Path, name: str) -> Path:
    """Give a finished file, which lies in :func:`folder`, its name; returns its local path.

    Raises ``OSError``, and :class:`BlobError` when the shared place does not take it; then nothing has the name.
    """
    final = folder(shelf) / name
    final.parent.mkdir(parents=True, exist_ok=True)
    place = remote_for(get_settings())
    if place is None:
        fsync_and_rename(temporary, final)
        return final
    place.put(temporary, f"{shelf}/{name}")
    fsync_and_rename(temporary, final)
    file_cache.trim_sometimes(get_settings())
    return final


def fetch(shelf: str, name: str) -> Path:
    """The local path of a file. Raises :class:`BlobMissingError`, or :class:`BlobError`: unreachable or damaged."""
    here = folder(shelf) / name
    place = remote_for(get_settings())
    if place is None:
        if not here.is_file():
            raise BlobMissingError(f"{name} is missing from {here.parent}.")
        return here
    if not file_cache.touch(here):
        _bring(place, shelf, name, here)
    return here


def _bring(place: Remote, shelf: str, name: str, here: Path) -> None:
    here.parent.mkdir(parents=True, exist_ok=True)
    temporary = here.with_name(f".{uuid4().hex}.tmp")
    try:
        place.get(f"{shelf}/{name}", temporary)
        _verify(place, shelf, name, temporary)
        try:
            fsync_and_rename(temporary, here)
        except PermissionError:  # Windows, while somebody reads the copy that another process just brought
            if not here.is_file():
                raise
    except OSError as error:
        raise BlobError(f"A copy of {shelf}/{name} could not be kept in {here.parent}: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)
    file_cache.trim_sometimes(get_settings())


def _verify(place: Remote, shelf: str, name: str, copy: Path) -> None:
    wanted = digest_in(name)
    if wanted and sha256_of(copy) != wanted:
        raise BlobError(
            f"{shelf}/{name} in {place.url} is damaged: its bytes are not those that it is named by. "
            "Restore it from a backup; `python3 manage.py doctor --deep` lists every such file."
        )


def digest_in(name: str) -> str | None:
    """The SHA-256 that a file is named by; None for files that are named otherwise."""
    stem = Path(name).stem
    return stem if _DIGEST.fullmatch(stem) else None


def fetch_many(shelf: str, names: Collection[str]) -> None:
    """Bring files here, several at a time, for whoever asks for each of them next; what fails is told then."""
    if not shared():
        return
    with ThreadPoolExecutor(_AT_ONCE, "blobs") as pool:
        for future in [pool.submit(fetch, shelf, name) for name in names]:
            with suppress(BlobError):
                future.result()


def exists(shelf: str, name: str) -> bool:
    """Whether the file is stored. Raises :class:`BlobError` when the shared place does not answer."""
    place = remote_for(get_settings())
    return (folder(shelf) / name).is_file() if place is None else place.exists(f"{shelf}/{name}")


def present(shelf: str, names: Collection[str]) -> set[str]:
    """Those of ``names`` that are stored: one listing rather than a question for each. Raises :class:`BlobError`."""
    if not shared():
        return {name for name in names if (folder(shelf) / name).is_file()}
    return {entry.name for entry in listing(shelf)} & set(names)


def remove(shelf: str, name: str) -> None:
    """Remove a file and its copy here; one that is gone is fine. Raises ``OSError`` and :class:`BlobError`."""
    (folder(shelf) / name).unlink(missing_ok=True)
    place = remote_for(get_settings())
    if place is not None:
        place.remove(f"{shelf}/{name}")


def listing(shelf: str) -> Iterator[Entry]:
    """Every stored file, also temporary and abandoned ones. Raises :class:`BlobError`."""
    place = remote_for(get_settings())
    if place is not None:
        yield from place.listing(shelf)
        return
    root = folder(shelf)
    for path in root.rglob("*"):
        with suppress(FileNotFoundError):  # somebody removes files meanwhile
            if path.is_file():
                facts = path.stat()
                yield Entry(path.relative_to(root).as_posix(), facts.st_size, facts.st_mtime)


@contextmanager
def borrowed(shelf: str, name: str) -> Iterator[Path]:
    """The stored bytes themselves for a moment, past the copies: for whoever checks or copies every file.

    Raises :class:`BlobMissingError` and :class:`BlobError`.
    """
    place = remote_for(get_settings())
    if place is None:
        yield fetch(shelf, name)
        return
    here = folder(shelf) / f".{uuid4().hex}.tmp"
    here.parent.mkdir(parents=True, exist_ok=True)
    try:
        place.get(f"{shelf}/{name}", here)
        yield here
    finally:
        here.unlink(missing_ok=True)
