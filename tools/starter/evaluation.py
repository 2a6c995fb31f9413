"""Evaluates a detector on unseen photographs, per source."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.vision.detections import Detections, Detector, Pixels
from core.workloads.rps.average_precision import mean_average_precision
from core.workloads.rps.classes import CLASSES
from core.workloads.rps.matching import IOU, Record, overlaps
from core.workloads.rps.matching import judge as match
from tools.starter.photos import Photo

_LOWEST = 0.01


@dataclass(frozen=True, slots=True)
class Figures:
    """Of some photographs: how many, their hands, and what the detector made of them.

    ``found``: share of hands with a box over them (intersection over union at least 0.5), ``named``: with a box of
    the right class, ``right``: of the boxes shown, the share over a hand of that class, ``false_alarms``: share of
    the images without a throw that show a box. The last four at the confidence shown.
    """

    photos: int
    hands: int
    map50: float
    found: float
    named: float
    right: float
    false_alarms: float
    ms: float


@dataclass(frozen=True, slots=True)
class Judged:
    """One photograph and all boxes the detector gave, however unsure."""

    photo: Photo
    found: Detections
    ms: float


def judge(detector: Detector, photos: Sequence[Photo]) -> list[Judged]:
    """Run the detector over the photographs, one at a time as when serving."""
    judged = []
    for photo in photos:
        started = time.perf_counter()
        found = detector.detect(photo.pixels, _LOWEST)
        judged.append(Judged(photo, found, (time.perf_counter() - started) * 1000))
    return judged


def figures(judged: Sequence[Judged], confidence: float) -> Figures:
    """The figures of these photographs together."""
    hands = sum(len(one.photo.boxes) for one in judged)
    covered = named = shown_right = shown_count = 0
    empty = [one for one in judged if not len(one.photo.boxes)]
    for one in judged:
        shown = one.found.above(confidence)
        over = overlaps(one.photo.boxes[:, 1:], shown.boxes) >= IOU
        same = one.photo.boxes[:, :1].astype(int) == shown.labels[None, :]
        covered += int(over.any(axis=1).sum())
        named += int((over & same).any(axis=1).sum())
        shown_right += int((over & same).any(axis=0).sum())
        shown_count += len(shown)
    return Figures(
        photos=len(judged),
        hands=hands,
        map50=float(mean_average_precision([_record(one) for one in judged])[0]),
        found=covered / hands if hands else float("nan"),
        named=named / hands if hands else float("nan"),
        right=shown_right / shown_count if shown_count else float("nan"),
        false_alarms=float(np.mean([bool(len(one.found.above(confidence))) for one in empty])) if empty else 0.0,
        ms=float(np.median([one.ms for one in judged])),
    )


def _record(one: Judged) -> Record:
    boxes = one.photo.boxes
    return match(one.found, boxes[:, 0].astype(np.int64), boxes[:, 1:], len(CLASSES))


def close_ups(photos: Sequence[Photo], margin: float = 0.25) -> list[Photo]:
    """Each hand alone: its box with that margin, of the longer side, around it, cut at the photograph's edges."""
    made = []
    for photo in photos:
        for index, box in enumerate(photo.boxes):
            pad = margin * max(box[3] - box[1], box[4] - box[2])
            low = np.maximum(box[1:3] - pad, 0).astype(int)
            high = np.minimum(box[3:5] + pad, photo.size).astype(int)
            pixels: Pixels = photo.pixels[low[1] : high[1], low[0] : high[0]]
            inside = np.concatenate([box[:1], box[1:] - np.tile(low, 2)])[None].astype(np.float32)
            made.append(Photo(f"{index}:{photo.name}", photo.source, pixels, inside))
    return made
