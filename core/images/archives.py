"""Strangers' zip files: judged as a whole before anything is unpacked, and never unpacked to disk by their names."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from types import TracebackType

from core.config.settings import get_settings

_END = b"PK\x05\x06"
_END_BYTES = 22
_LONGEST_COMMENT = 65_535
_LARGEST_ENTRY = 600
"""Bytes of directory per file: 46 and a long name."""

_RATIO, _RATIO_FROM = 100, 100_000_000
_JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


class BadArchiveError(ValueError):
    """The file is no zip that can be imported; the message says why and what to do."""


class Archive:
    """An opened zip file whose directory was found harmless. Members are read into memory, one at a time.

    ``names`` are its files, sorted, without what operating systems leave behind. Raises
    :class:`BadArchiveError`; use it as a context manager.
    """

    def __init__(self, path: Path) -> None:
        _check_directory(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error) as error:
            raise BadArchiveError(f"The zip file is damaged ({error}). Make it again.") from error
        try:
            members = [member for member in self._zip.infolist() if not member.is_dir()]
            _check_sizes(members, path.stat().st_size)
            for member in members:
                _check_member(member)
        except BadArchiveError:
            self._zip.close()
            raise
        self.names = sorted(member.filename for member in members if not _is_junk(member.filename))

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def read(self, name: str, limit: int) -> bytes:
        """A member's bytes. Raises :class:`BadArchiveError` when it is damaged or longer than ``limit`` bytes."""
        size = self._zip.getinfo(name).file_size
        if size > limit:
            raise BadArchiveError(f"The file has {size / 1e6:,.0f} MB; {limit / 1e6:,.0f} MB are allowed.")
        try:
            with self._zip.open(name) as file:
                return file.read(limit + 1)[:limit]
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError) as error:
            raise BadArchiveError(f"It cannot be unpacked ({error}).") from error


def _check_directory(path: Path) -> None:
    """Judge by the last bytes alone how many files there are: reading a million names would fill the memory."""
    limit = get_settings().import_max_files
    with path.open("rb") as file:
        length = file.seek(0, 2)
        file.seek(max(0, length - _END_BYTES - _LONGEST_COMMENT))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise BadArchiveError("This is not a zip file, or it is cut off. Choose a .zip file and upload it whole.")
    files, directory = struct.unpack("<HI", tail[at + 10 : at + 16])
    many = files == 0xFFFF or directory == 0xFFFFFFFF  # marks of a form for larger archives
    if files > limit or directory > limit * _LARGEST_ENTRY or (many and limit < 0xFFFF):
        raise BadArchiveError(_too_many("more than 65,000" if many else f"{files:,}"))


def _too_many(files: str) -> str:
    limit = get_settings().import_max_files
    return f"The zip file holds {files} files; {limit:,} are allowed (SHIFUMI_IMPORT_MAX_FILES). Split it."


def _check_sizes(members: list[zipfile.ZipInfo], packed: int) -> None:
    settings = get_settings()
    if len(members) > settings.import_max_files:
        raise BadArchiveError(_too_many(f"{len(members):,}"))
    unpacked = sum(member.file_size for member in members)
    if unpacked > settings.import_max_unpacked_mb * 1_000_000:
        raise BadArchiveError(
            f"Unpacked, the zip file would fill {unpacked / 1e6:,.0f} MB; {settings.import_max_unpacked_mb:,} MB are "
            "allowed (SHIFUMI_IMPORT_MAX_UNPACKED_MB). Split it."
        )
    if unpacked > max(_RATIO_FROM, _RATIO * packed):
        raise BadArchiveError(
            f"The zip file would grow from {packed / 1e6:,.1f} to {unpacked / 1e6:,.0f} MB. Pictures do not pack that "
            "well: this is refused as a zip bomb."
        )


def _check_member(member: zipfile.ZipInfo) -> None:
    """Names that lead elsewhere are refused although nothing is ever unpacked under them: such a file means harm."""
    name = member.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or name.startswith(("/", "\\")) or (len(name) > 1 and name[1] == ":") or "\0" in name:
        raise BadArchiveError(f"The zip file holds {name[:80]!r}, a name that leads out of it. It is refused.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise BadArchiveError(f"The zip file holds {name[:80]!r}, a link instead of a file. Make it without links.")
    if member.flag_bits & 0x1:
        raise BadArchiveError("The zip file is locked with a password. Make it without one.")


def _is_junk(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part in _JUNK for part in parts) or parts[-1].startswith("._")
