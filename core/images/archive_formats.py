"""Formats of imported datasets: a YOLO dataset or one folder per class, detected by file names alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from core.images.archives import Archive, BadArchiveError
from core.images.yolo import parse_labels
from core.images.yolo_names import BadNamesError, parse_names
from core.vision.decode import SUFFIXES

YOLO, FOLDERS = "yolo", "folders"

NO_FOLDER = "(no folder)"
"""The class of images that are not in a class folder."""

_TEXT_LIMIT = 2_000_000
SPLIT_FOLDERS = {"train", "valid", "val", "test", "training", "validation", "images"}
"""Folder names that denote a split, not a class."""
_NO_LABELS = re.compile(r"readme.*|classes|labels|notes|obj|train|valid|val|test|data|license", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Member:
    """One image of the archive, with its label file (YOLO) or its class folder, if any."""

    name: str
    label_file: str | None = None
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """The content of an archive. ``classes`` are the dataset's own names; in a YOLO dataset the class index of a label
    refers to them.

    ``orphan_labels`` are label files without an image, ``remarks`` are shown to the user.
    """

    kind: str
    classes: list[str]
    members: list[Member]
    orphan_labels: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def unlabelled(self) -> int:
        """The number of images without a label file; in a YOLO dataset such an image is a negative (no object)."""
        return sum(member.label_file is None for member in self.members)


def detect_layout(archive: Archive) -> Layout:
    """Detect the format. Raises :class:`core.images.archives.BadArchiveError` when the archive contains no images."""
    pictures = [name for name in archive.names if name.lower().endswith(SUFFIXES)]
    if not pictures:
        raise BadArchiveError(
            "There is no image in the zip file. It should be a YOLO dataset (data.yaml, images, labels) or one "
            "folder with images per class."
        )
    texts = {name for name in archive.names if _may_be_label(name)}
    described = _description(archive.names)
    if described is None and not any(_label_of(name, texts) for name in pictures):
        return _by_folders(pictures)
    return _yolo(archive, pictures, texts, described)


def _may_be_label(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() == ".txt" and not _NO_LABELS.fullmatch(path.stem)


def _description(names: Sequence[str]) -> str | None:
    """The ``data.yaml`` nearest to the root."""
    found = [name for name in names if name.lower().endswith((".yaml", ".yml"))]
    found.sort(key=lambda name: (name.count("/"), PurePosixPath(name).stem.lower() != "data", name))
    return found[0] if found else None


def _label_of(picture: str, texts: set[str]) -> str | None:
    """``…/images/…/x.jpg`` has its label in ``…/labels/…/x.txt`` or beside it."""
    path = PurePosixPath(picture).with_suffix(".txt")
    parts = list(path.parts)
    if "images" in parts:
        last = len(parts) - 1 - parts[::-1].index("images")
        elsewhere = PurePosixPath(*parts[:last], "labels", *parts[last + 1 :]).as_posix()
        if elsewhere in texts:
            return elsewhere
    return path.as_posix() if path.as_posix() in texts else None


def _yolo(archive: Archive, pictures: list[str], texts: set[str], described: str | None) -> Layout:
    members = [Member(name, _label_of(name, texts)) for name in pictures]
    used = {member.label_file for member in members}
    orphan_labels = sorted(texts - used)
    try:
        return Layout(YOLO, _named(archive, described), members, orphan_labels)
    except (BadNamesError, BadArchiveError) as error:
        remark = f"The classes have no names, only numbers: {described or 'data.yaml'}: {error}."
        return Layout(YOLO, _numbered(archive, members), members, orphan_labels, [remark])


def _named(archive: Archive, described: str | None) -> list[str]:
    """Class names from ``data.yaml``, or from the ``classes.txt`` that annotation tools write."""
    if described is not None:
        return parse_names(read_text(archive, described))
    for name in archive.names:
        if PurePosixPath(name).name in {"classes.txt", "obj.names"}:
            return [line.strip()[:64] for line in read_text(archive, name).splitlines() if line.strip()][:1000]
    raise BadNamesError("there is none")


def _numbered(archive: Archive, members: list[Member], look_at: int = 300) -> list[str]:
    """Names for classes that only have numbers, from a sample of the label files."""
    highest = -1
    labelled = [member.label_file for member in members if member.label_file]
    for name in labelled[:: max(1, len(labelled) // look_at)]:
        lines, _ = parse_labels(read_text(archive, name))
        highest = max([highest, *(line.index for line in lines)])
    return [f"class {number}" for number in range(min(highest, 999) + 1)]


def read_text(archive: Archive, name: str) -> str:
    """A member's text. Raises :class:`core.images.archives.BadArchiveError`."""
    return archive.read(name, _TEXT_LIMIT).decode("utf-8", "replace")


def _by_folders(pictures: list[str]) -> Layout:
    members = [Member(name, folder=_class_folder(name)) for name in pictures]
    found = Counter(member.folder or NO_FOLDER for member in members)
    return Layout(FOLDERS, sorted(found), members)


def _class_folder(name: str) -> str:
    """The innermost folder that does not denote a split."""
    folders = PurePosixPath(name).parts[:-1]
    return next((part for part in reversed(folders) if part.lower() not in SPLIT_FOLDERS), NO_FOLDER)[:64]
