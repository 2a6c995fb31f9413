"""A dataset in ultralytics' format: folders of images and of label files."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from core.images import files
from core.images.splits import TRAIN, VAL
from core.workloads.images.manifest import ManifestImage
from core.workloads.rps.classes import CLASSES

_EVERY = 8
"""One of so many training images is used for validation when none is reserved for it."""


def write_folder(chosen: Sequence[ManifestImage], folder: Path) -> Path:
    """Write the images below ``folder`` (hard links, so they take no space) and return its ``data.yaml``.

    ``chosen`` must not contain holdout images. Existing content is deleted.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for split, pictures in zip((TRAIN, VAL), validation_split(chosen), strict=True):
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True)
        for picture in pictures:
            _link(files.local_path(picture.sha256), folder / "images" / split / f"{picture.sha256}.jpg")
            (folder / "labels" / split / f"{picture.sha256}.txt").write_text(_lines(picture), encoding="ascii")
    described = {
        "path": str(folder.resolve()),
        "train": f"images/{TRAIN}",
        "val": f"images/{VAL}",
        "names": dict(enumerate(CLASSES)),
    }
    data = folder / "data.yaml"
    data.write_text(json.dumps(described), encoding="utf-8")  # JSON is YAML
    return data


def validation_split(chosen: Sequence[ManifestImage]) -> tuple[list[ManifestImage], list[ManifestImage]]:
    """Training images, and validation images that select the best epoch.

    The latter are those of the validation split. If none of them shows a hand, an eighth of the training images is
    used: where it is known when they were taken the last of each class, which are the least like the others.
    """
    aside = [picture for picture in chosen if picture.split == VAL]
    rest = [picture for picture in chosen if picture.split != VAL]
    if any(len(picture.labels) for picture in aside):
        return rest, aside
    borrowed = _borrowed(rest)
    taken = {picture.sha256 for picture in borrowed}
    return [picture for picture in rest if picture.sha256 not in taken], [*aside, *borrowed]


def _borrowed(rest: Sequence[ManifestImage]) -> list[ManifestImage]:
    if any(math.isnan(picture.taken_s) for picture in rest):
        return sorted(rest, key=lambda picture: (not len(picture.labels), picture.sha256))[::_EVERY]
    last: list[ManifestImage] = []
    for label in (*range(len(CLASSES)), None):
        of_class = [picture for picture in rest if next(iter(picture.labels.tolist()), None) == label]
        of_class.sort(key=lambda picture: picture.taken_s)
        last += of_class[len(of_class) - math.ceil(len(of_class) / _EVERY) :]
    return last


def _lines(picture: ManifestImage) -> str:
    rows = zip(picture.labels.tolist(), picture.coordinates.tolist(), strict=True)
    return "".join(f"{label} {x:.6f} {y:.6f} {width:.6f} {height:.6f}\n" for label, (x, y, width, height) in rows)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
