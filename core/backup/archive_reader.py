"""Reading an archive: every name, size and SHA-256 is verified before anything is used."""

from __future__ import annotations

import hashlib
import re
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from core.backup.manifest import NAME, BackupError, Manifest
from core.catalog.revision import newest_revision

_PLACES = {"catalog", "lake", "images", "uploads", "outputs", "mlflow", "prefect"}
_MANIFEST_BYTES = 500_000_000
_PIECE = 1 << 20
_ODD = re.compile(r"[\\:\x00-\x1f]")
"""Path separators and drives of Windows, and characters that our names never contain."""


class ArchiveReader:
    """An open archive with its manifest. Create it with :func:`open_archive`."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self.manifest = _manifest(file)
        _check_revision(self.manifest.revision)
        _check_names(file, self.manifest)

    @property
    def bytes(self) -> int:
        """Size of all members, unpacked."""
        return sum(member.bytes for member in self.manifest.members.values())

    def below(self, place: str) -> list[str]:
        """The members of one folder."""
        return [name for name in self.manifest.members if name.startswith(f"{place}/")]

    def verify(self, tell: Callable[[str], None]) -> None:
        """Read everything once and verify it. Raises :class:`BackupError` at the first difference."""
        for number, (name, member) in enumerate(self.manifest.members.items()):
            tell(f"checking {number + 1:,} of {len(self.manifest.members):,}")
            digest = hashlib.sha256()
            with self._file.open(name) as source:
                while piece := source.read(_PIECE):
                    digest.update(piece)
            if digest.hexdigest() != member.sha256:
                raise BackupError(f"The archive is damaged: {name} does not match its SHA-256. Use another copy of it.")

    def extract(self, name: str, folder: Path) -> Path:
        """Extract one member below ``folder``, private, and return its path."""
        target = folder.joinpath(*PurePosixPath(name).parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open(name) as source, target.open("xb") as file:
            shutil.copyfileobj(source, file, _PIECE)
        return target


@contextmanager
def open_archive(path: Path) -> Iterator[ArchiveReader]:
    """Open an archive. Raises :class:`BackupError` when it is invalid or unsafe."""
    try:
        with zipfile.ZipFile(path) as file:
            yield ArchiveReader(file)
    except FileNotFoundError as error:
        raise BackupError(f"There is no file {path}.") from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError) as error:
        raise BackupError(f"{path} is damaged or not a backup of Shifumi ({error}). Use another copy of it.") from error


def _manifest(file: zipfile.ZipFile) -> Manifest:
    try:
        info = file.getinfo(NAME)
    except KeyError as error:
        raise BackupError(f"The file contains no {NAME}: this is not a backup of Shifumi.") from error
    if info.file_size > _MANIFEST_BYTES:
        raise BackupError(f"The archive's {NAME} is too large.")
    return Manifest.from_json(file.read(info))


def _check_revision(revision: str) -> None:
    """Revisions are numbered: an older one is migrated, a newer one is unknown here."""
    if not re.fullmatch(r"\d{4}", revision):
        raise BackupError(f"The archive has an unknown catalog revision ({revision[:20]!r}).")
    if revision > newest_revision():
        raise BackupError(
            f"The archive's catalog is at {revision}, this program supports up to {newest_revision()}. "
            "Install the newer version, then restore it."
        )


def _check_names(file: zipfile.ZipFile, manifest: Manifest) -> None:
    infos = [info for info in file.infolist() if info.filename != NAME]
    names = [info.filename for info in infos]
    if len(names) != len(set(names)) or set(names) != set(manifest.members):
        raise BackupError("The archive contains other files than its manifest. It was changed or is damaged.")
    for info in infos:
        if not _is_plain(info):
            raise BackupError(f"The archive contains an unexpected file: {info.filename[:100]!r}.")
        if info.file_size != manifest.members[info.filename].bytes:
            raise BackupError(f"The archive is damaged: the size of {info.filename} differs from the manifest.")


def _is_plain(info: zipfile.ZipInfo) -> bool:
    """A regular file below one of our folders: no path traversal, no link, not encrypted."""
    parts = info.filename.split("/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    inside = parts[0] in _PLACES and len(parts) > 1 and not {"", ".", ".."} & set(parts)
    return inside and kind in (0, stat.S_IFREG) and not info.flag_bits & 1 and not _ODD.search(info.filename)
