"""Which label file belongs to which image of a foreign YOLO dataset.

By the names alone, regardless of case, Unicode form and what the folders are called: "a label that is not found" must
not look like "there is nothing in the image".
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from core.vision.decode import SUFFIXES

_IMAGE_FOLDERS = {"images", "image", "imgs", "img", "jpegimages", "pictures", "photos"}
_LABEL_FOLDERS = {"labels", "label", "annotations", "annotation", "txt"}
_SAME_SPLIT = {"valid": "val", "validation": "val", "training": "train", "testing": "test"}

Key = tuple[str, ...]


def match_labels(pictures: Sequence[str], texts: Iterable[str]) -> dict[str, str]:
    """Picture → its label file, for those that have one.

    First as the format demands: beside the picture, or in ``labels`` where the picture is in ``images``. What is left
    is matched without the names of such folders, when only one label file fits.
    """
    exact: dict[Key, str] = {}
    for name in sorted(texts, reverse=True):  # of two names that differ in case only, the first one
        exact[_key(name)] = name
    found = {name: label for name in pictures if (label := _as_demanded(name, exact))}
    used = set(found.values())
    loose: defaultdict[Key, list[str]] = defaultdict(list)
    for key, name in exact.items():
        if name not in used:
            loose[_loosely(key)].append(name)
    rest = [name for name in pictures if name not in found]
    return found | _loose_matches(rest, loose)


def _loose_matches(pictures: Sequence[str], loose: Mapping[Key, list[str]]) -> dict[str, str]:
    """Only where one label file meets pictures of one folder: otherwise it could be anybody's."""
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for name in pictures:
        fitting = [label for key in _keys(name) for label in loose.get(_loosely(key), ())]
        if len(set(fitting)) == 1:
            wanted[fitting[0]].append(name)
    return {
        name: label
        for label, names in wanted.items()
        if len({PurePosixPath(name).parent for name in names}) == 1
        for name in names
    }


def _as_demanded(picture: str, labels: Mapping[Key, str]) -> str | None:
    for key in _keys(picture):
        *folders, stem = key
        if "images" in folders:
            last = len(folders) - 1 - folders[::-1].index("images")
            if label := labels.get((*folders[:last], "labels", *folders[last + 1 :], stem)):
                return label
        if label := labels.get(key):
            return label
    return None


def _keys(picture: str) -> tuple[Key, Key]:
    """A label file is called like the picture, with or without the picture's own suffix: ``a.txt``, ``a.jpg.txt``."""
    plain = _plain(picture)
    path = PurePosixPath(plain)
    return path.with_suffix("").parts, path.parts


def _key(text: str) -> Key:
    return PurePosixPath(_plain(text)).with_suffix("").parts


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _loosely(key: Key) -> Key:
    *folders, stem = key
    kept = [_SAME_SPLIT.get(one, one) for one in folders if one not in _IMAGE_FOLDERS | _LABEL_FOLDERS]
    kept = [one for number, one in enumerate(kept) if number == 0 or one != kept[number - 1]]
    bare = next((stem[: -len(suffix)] for suffix in SUFFIXES if stem.endswith(suffix)), stem)
    return (*kept, bare)
