"""Formats of imported datasets: a YOLO dataset or one folder per class, detected by file names alone."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from core.images.archives import Archive, BadArchiveError
from core.images.label_matching import match_labels
from core.images.yolo import parse_labels
from core.images.yolo_names import BadNamesError, described, parse_names
from core.vision.decode import SUFFIXES

YOLO, FOLDERS = "yolo", "folders"

NO_FOLDER = "(no folder)"
"""The class of images that are not in a class folder."""

_TEXT_LIMIT = 2_000_000
_MOST_DESCRIPTIONS = 20
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
    def without_label(self) -> list[str]:
        """The images of a YOLO dataset without a label file. An empty one says "nothing here"; none says nothing."""
        return [member.name for member in self.members if member.label_file is None] if self.kind == YOLO else []

    @property
    def apart(self) -> bool:
        """True when labels probably exist but were not found: lonely label files, or no label file for any image."""
        lonely = self.without_label
        return bool(lonely) and (bool(self.orphan_labels) or len(lonely) == len(self.members))


def detect_layout(archive: Archive) -> Layout:
    """Detect the format. Raises :class:`core.images.archives.BadArchiveError` when the archive contains no images."""
    pictures = [name for name in archive.names if name.lower().endswith(SUFFIXES)]
    if not pictures:
        raise BadArchiveError(
            "There is no image in the zip file. It should be a YOLO dataset (data.yaml, images, labels) or one "
            "folder with images per class."
        )
    texts = [name for name in archive.names if name.lower().endswith(".txt")]
    labels = match_labels(pictures, texts)
    description = _description(archive)
    if description is None and not labels:
        return _by_folders(pictures)
    orphan_labels = sorted(name for name in set(texts) - set(labels.values()) if _may_be_label(name))
    return _yolo(archive, [Member(name, labels.get(name)) for name in pictures], orphan_labels, description)


def _may_be_label(name: str) -> bool:
    """Whether a text file that belongs to no image looks like a label file without one."""
    return not _NO_LABELS.fullmatch(PurePosixPath(name).stem)


def _description(archive: Archive) -> str | None:
    """The ``data.yaml`` nearest to the root; under another name only with its keys: other tools write YAML too."""
    found = [name for name in archive.names if name.lower().endswith((".yaml", ".yml"))]
    found.sort(key=lambda name: (name.count("/"), PurePosixPath(name).stem.lower() != "data", name))
    return next((name for name in found[:_MOST_DESCRIPTIONS] if _describes(archive, name)), None)


def _describes(archive: Archive, name: str) -> bool:
    try:
        keys = set(described(read_text(archive, name)))
    except (BadNamesError, BadArchiveError):
        return PurePosixPath(name).stem.lower() == "data"
    return "names" in keys or ("nc" in keys and bool({"train", "val"} & keys))


def _yolo(archive: Archive, members: list[Member], orphan_labels: list[str], description: str | None) -> Layout:
    try:
        return Layout(YOLO, _named(archive, description), members, orphan_labels)
    except (BadNamesError, BadArchiveError) as error:
        remark = f"The classes have no names, only numbers: {description or 'data.yaml'}: {error}."
        return Layout(YOLO, _numbered(archive, members), members, orphan_labels, [remark])


def _named(archive: Archive, description: str | None) -> list[str]:
    """Class names from ``data.yaml``, or from the ``classes.txt`` that annotation tools write."""
    if description is not None:
        return parse_names(read_text(archive, description))
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
