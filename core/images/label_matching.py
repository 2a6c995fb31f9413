"""Which label file belongs to which image of a foreign YOLO dataset.

By the names alone, regardless of case, Unicode form and what the folders are called: "a label that is not found" must
not look like "there is nothing in the image".
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from core.vision.decode import SUFFIXES

_IMAGE_FOLDERS = {"images", "image", "imgs", "img", "jpegimages", "pictures", "photos"}
_LABEL_FOLDERS = {"labels", "label", "annotations", "annotation", "txt"}
_SAME_SPLIT = {"valid": "val", "validation": "val", "training": "train", "testing": "test"}

Key = tuple[str, ...]


def match_labels(pictures: Sequence[str], texts: Iterable[str]) -> dict[str, str]:
    """Picture → its label file, for those that have one.

    First as the format demands: beside the picture, or in ``labels`` where the picture is in ``images``; as it is
    written, then regardless of case. What is left is matched without the names of such folders, when only one label
    file fits.
    """
    labels, found = sorted(texts), dict[str, str]()
    for spell in (_composed, _plain):
        used = set(found.values())
        rest = [name for name in pictures if name not in found]
        found |= _demanded(rest, [name for name in labels if name not in used], spell)
    used = set(found.values())
    loose: defaultdict[Key, list[str]] = defaultdict(list)
    for name in labels:
        if name not in used:
            loose[_loosely(_key(_plain(name)))].append(name)
    rest = [name for name in pictures if name not in found]
    return found | _loose_matches(rest, loose)


def _demanded(pictures: Sequence[str], labels: Sequence[str], spell: Callable[[str], str]) -> dict[str, str]:
    """Neither a label file nor a picture is guessed where spelling makes two of them one."""
    files: defaultdict[Key, list[str]] = defaultdict(list)
    for name in labels:
        files[_key(spell(name))].append(name)
    single = {key: names[0] for key, names in files.items() if len(names) == 1}
    found = {name: label for name in pictures if (label := _as_demanded(spell(name), single))}
    claims: defaultdict[str, set[str]] = defaultdict(set)
    for name, label in found.items():
        claims[label].add(_stem(name))
    return {name: label for name, label in found.items() if len(claims[label]) == 1}


def _loose_matches(pictures: Sequence[str], loose: Mapping[Key, list[str]]) -> dict[str, str]:
    """Only where one label file meets pictures of one folder: otherwise it could be anybody's."""
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for name in pictures:
        fitting = [label for key in _keys(_plain(name)) for label in loose.get(_loosely(key), ())]
        if len(set(fitting)) == 1:
            wanted[fitting[0]].append(name)
    return {
        name: label
        for label, names in wanted.items()
        if len({PurePosixPath(name).parent for name in names}) == 1 and len({_stem(name) for name in names}) == 1
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
    path = PurePosixPath(picture)
    return path.with_suffix("").parts, path.parts


def _key(text: str) -> Key:
    return PurePosixPath(text).with_suffix("").parts


def _stem(name: str) -> str:
    return PurePosixPath(_composed(name)).stem


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _plain(name: str) -> str:
    return _composed(_composed(name).casefold())


def _loosely(key: Key) -> Key:
    *folders, stem = key
    kept = [_SAME_SPLIT.get(one, one) for one in folders if one not in _IMAGE_FOLDERS | _LABEL_FOLDERS]
    kept = [one for number, one in enumerate(kept) if number == 0 or one != kept[number - 1]]
    bare = next((stem[: -len(suffix)] for suffix in SUFFIXES if stem.endswith(suffix)), stem)
    return (*kept, bare)
