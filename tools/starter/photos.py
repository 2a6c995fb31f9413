"""Labelled photographs in a folder, as YOLO has them, and the source each of them comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Pixels
from core.workloads.rps.classes import CLASSES

Boxes = NDArray[np.float32]
"""Shape (n, 5): class index, then left, top, right, bottom in pixels."""

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
_LARGEST = 640


@dataclass(frozen=True, slots=True)
class Photo:
    """One photograph with its boxes. ``source``: frames of one source share people and places."""

    name: str
    source: str
    pixels: Pixels
    boxes: Boxes

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]


def no_boxes() -> Boxes:
    """The boxes of an image that holds no throw."""
    return np.zeros((0, 5), np.float32)


def source_of(name: str) -> str:
    """What stands before the last underscore of a file's name: ``IMG-5567_0104.jpg`` is of ``IMG-5567``."""
    stem = Path(name).stem
    return stem.rpartition("_")[0] or stem


def read_photos(folder: Path) -> list[Photo]:
    """All photographs of ``folder/images`` with the boxes of ``folder/labels``, ordered by name.

    A photograph without a label file, or with an empty one, holds no throw. Those larger than 640 px are made
    smaller. Raises ``ValueError`` for a label that is no YOLO box of our classes, or when there is no image.
    """
    files = sorted(file for file in (folder / "images").iterdir() if file.suffix.lower() in _SUFFIXES)
    photos = [_read(file, folder / "labels" / f"{file.stem}.txt") for file in files]
    if not photos:
        raise ValueError(f"{folder / 'images'} holds no pictures.")
    return photos


def _read(file: Path, labels: Path) -> Photo:
    pixels = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError(f"{file} is not a picture.")
    largest = max(pixels.shape[:2])
    if largest > _LARGEST:
        scale = _LARGEST / largest
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lines = labels.read_text().splitlines() if labels.exists() else []
    shown = np.asarray(pixels, np.uint8)
    return Photo(file.name, source_of(file.name), shown, _boxes(lines, labels, shown.shape[1], shown.shape[0]))


def _boxes(lines: Sequence[str], where: Path, width: int, height: int) -> Boxes:
    rows = []
    for line in filter(str.strip, lines):
        try:
            label, x, y, w, h = (float(part) for part in line.split())
        except ValueError as error:
            raise ValueError(f"{where}: '{line}' is not 'class x y width height'.") from error
        if int(label) not in range(len(CLASSES)):
            raise ValueError(f"{where}: there is no class {int(label)}.")
        edges = [(x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height]
        rows.append([label, *edges])
    return np.array(rows, np.float32).reshape(-1, 5)


def apart(photos: Iterable[Photo], held: Sequence[str]) -> tuple[list[Photo], list[Photo]]:
    """Photographs to learn from, and those of the sources in ``held``.

    ``other:0.3`` holds only the last 30 % of a source's frames, by name: for sources whose frames have nothing in
    common, of which a part may be judged by. Raises ``ValueError`` when a source in ``held`` has no photograph.
    """
    shares = {name: float(share or 1) for name, _, share in (entry.partition(":") for entry in held)}
    by_source: dict[str, list[Photo]] = {}
    for photo in photos:
        by_source.setdefault(photo.source, []).append(photo)
    if unknown := set(shares) - set(by_source):
        raise ValueError(f"No photographs of {', '.join(sorted(unknown))}. There are: {', '.join(sorted(by_source))}.")
    learnt: list[Photo] = []
    judged: list[Photo] = []
    for source, frames in by_source.items():
        cut = round(len(frames) * (1 - shares.get(source, 0.0)))
        learnt += frames[:cut]
        judged += frames[cut:]
    return learnt, judged
