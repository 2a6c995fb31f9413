"""Uploaded zip files: checked as a whole before anything is read, and never unpacked to disk."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from types import TracebackType

from core.config.messages import Message, say
from core.config.settings import get_settings

_END = b"PK\x05\x06"
_END_BYTES = 22
_LONGEST_COMMENT = 65_535
_LARGEST_ENTRY = 600
"""Bytes of directory per file: 46 and a long name."""

_RATIO, _RATIO_FROM = 100, 100_000_000
_JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


class BadArchiveError(ValueError):
    """The file is not a zip file that can be imported; the message says why and what to do."""


class Archive:
    """An open zip file whose directory passed all checks. Members are read into memory, one at a time.

    ``names`` are its files, sorted, with ``/`` between folders and without files created by operating systems.
    Raises :class:`BadArchiveError`; use it as a context manager.
    """

    def __init__(self, path: Path) -> None:
        _check_directory(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error) as error:
            raise BadArchiveError(say("archive.damaged", error=str(error))) from error
        try:
            # Before is_dir(), which looks at a name's last character.
            if any(not PurePosixPath(member.filename).parts for member in self._zip.infolist()):
                raise BadArchiveError(say("archive.nameless"))
            members = [member for member in self._zip.infolist() if not _is_folder(member)]
            _check_sizes(members, path.stat().st_size)
            for member in members:
                _check_member(member)
        except BadArchiveError:
            self._zip.close()
            raise
        # Some Windows programs separate folders with backslashes.
        self._members = {_slashed(member.filename): member for member in members}
        self.names = sorted(name for name in self._members if not _is_junk(name))

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a member. Raises :class:`BadArchiveError` when it is damaged or larger than ``limit`` bytes."""
        member = self._members[name]
        size = member.file_size
        if size > limit:
            raise BadArchiveError(say("archive.file_too_large", size=size, limit=limit))
        try:
            with self._zip.open(member) as file:
                return file.read(limit + 1)[:limit]
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError) as error:
            raise BadArchiveError(say("archive.not_unpacked", error=str(error))) from error


def _slashed(name: str) -> str:
    return name.replace("\\", "/")


def _is_folder(member: zipfile.ZipInfo) -> bool:
    return member.is_dir() or _slashed(member.filename).endswith("/")


def _check_directory(path: Path) -> None:
    """Check the number of files from the last bytes alone: reading a million names would exhaust memory."""
    limit = get_settings().import_max_files
    with path.open("rb") as file:
        length = file.seek(0, 2)
        file.seek(max(0, length - _END_BYTES - _LONGEST_COMMENT))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise BadArchiveError(say("archive.not_zip"))
    files, directory = struct.unpack("<HI", tail[at + 10 : at + 16])
    many = files == 0xFFFF or directory == 0xFFFFFFFF  # marks of a form for larger archives
    if files > limit or directory > limit * _LARGEST_ENTRY or (many and limit < 0xFFFF):
        raise BadArchiveError(_too_many(None if many else files))


def _too_many(files: int | None) -> Message:
    if files is None:
        return say("archive.far_too_many", limit=get_settings().import_max_files)
    return say("archive.too_many", files=files, limit=get_settings().import_max_files)


def _check_sizes(members: list[zipfile.ZipInfo], packed: int) -> None:
    settings = get_settings()
    if len(members) > settings.import_max_files:
        raise BadArchiveError(_too_many(len(members)))
    unpacked = sum(member.file_size for member in members)
    if unpacked > settings.import_max_unpacked_mb * 1_000_000:
        limit = settings.import_max_unpacked_mb * 1_000_000
        raise BadArchiveError(say("archive.too_large", size=unpacked, limit=limit))
    if unpacked > max(_RATIO_FROM, _RATIO * packed):
        raise BadArchiveError(say("archive.bomb", packed=packed, unpacked=unpacked))


def _check_member(member: zipfile.ZipInfo) -> None:
    """Reject path traversal, although members are never written to disk: such a file is malicious."""
    name = member.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or name.startswith(("/", "\\")) or (len(name) > 1 and name[1] == ":") or "\0" in name:
        raise BadArchiveError(say("archive.leads_out", name=name[:80]))
    if stat.S_ISLNK(member.external_attr >> 16):
        raise BadArchiveError(say("archive.link", name=name[:80]))
    if member.flag_bits & 0x1:
        raise BadArchiveError(say("archive.locked"))


def _is_junk(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part in _JUNK for part in parts) or parts[-1].startswith("._")
