"""Writes an archive: a zip file that is renamed when complete, readable by its owner only."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import uuid4

from core.backup.manifest import NAME, BackupError, Manifest, Member

_PIECE = 1 << 20


class ArchiveWriter:
    """Adds members one by one; :meth:`finish` writes the manifest. Create it with :func:`new_archive`."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self.members: dict[str, Member] = {}

    @contextmanager
    def member(self, name: str, *, packed: bool = False) -> Iterator[IO[bytes]]:
        """A new member to write to; ``packed``: compressed. Parquet and JPEG are stored uncompressed."""
        info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        with self._file.open(info, "w", force_zip64=True) as target:
            counting = _Counting(target)
            yield counting  # type: ignore[misc]  # only write is called
        self.members[name] = Member(counting.digest.hexdigest(), counting.bytes)

    def add(self, name: str, source: Path, *, packed: bool = False) -> Member:
        """Add a file. Raises ``FileNotFoundError`` before the archive is changed."""
        with source.open("rb") as file, self.member(name, packed=packed) as target:
            shutil.copyfileobj(file, target, _PIECE)
        return self.members[name]

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest of all members."""
        manifest.members = self.members
        self._file.writestr(zipfile.ZipInfo(NAME), manifest.to_json(), zipfile.ZIP_DEFLATED)


class _Counting:
    """Counts and hashes the bytes written to a member."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self.digest = hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.bytes += len(data)
        return self._target.write(data)


@contextmanager
def new_archive(target: Path) -> Iterator[ArchiveWriter]:
    """A new archive, renamed to ``target`` when the block ends without error; otherwise deleted.

    Raises :class:`BackupError` when the file exists, or the disk is full.
    """
    temporary = target.with_name(f".{target.name}.{uuid4().hex}.tmp")
    try:
        _refuse_existing(target)
        handle = os.fdopen(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
        with handle:
            with zipfile.ZipFile(handle, "w", allowZip64=True) as file:
                yield ArchiveWriter(file)
            handle.flush()
            os.fsync(handle.fileno())
        _refuse_existing(target)  # it took a while
        temporary.rename(target)
    except OSError as error:
        raise BackupError(
            f"The archive {target} could not be written: {error}. No partial file remains. "
            "Choose a disk with more free space, or a folder that is writable."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _refuse_existing(target: Path) -> None:
    if target.exists():
        raise BackupError(f"{target} exists already and is not overwritten. Name another file, or remove it first.")
