"""Hands cut out of their photographs, to be put in front of something else.

After "Cut, Paste and Learn" (Dwibedi, Misra, Hebert, ICCV 2017). The mask is GrabCut's (Rother, Kolmogorov, Blake,
2004), which learns the colours of hand and room from where the box says they are. The forearm mostly stays on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Pixels
from tools.starter.photos import Photo

_MARGIN = 0.45
_WORKING = 104
_PER_SOURCE = 150
_SMALLEST = 40
_FILLS = (0.3, 0.92)
_OUTSIDE = 0.45


@dataclass(frozen=True, slots=True)
class Cutout:
    """``name``: the photograph it is from. ``alpha`` (uint8, 255 where the hand is) goes with ``pixels``.

    ``box``: label (-1: a hand without a throw), left, top, right, bottom in pixels.
    """

    name: str
    source: str
    pixels: Pixels
    alpha: NDArray[np.uint8]
    box: NDArray[np.float32]


def cut_out(photos: Sequence[Photo]) -> list[Cutout]:
    """Hands whose outline could be found, from 150 photographs of each source. The same masks on each call."""
    cv2.setRNGSeed(0)
    return [cutout for photo in _thinned(photos) for cutout in _of_photo(photo)]


def _thinned(photos: Sequence[Photo]) -> Iterator[Photo]:
    by_source: dict[str, list[Photo]] = {}
    for photo in photos:
        if len(photo.boxes):
            by_source.setdefault(photo.source, []).append(photo)
    for frames in by_source.values():
        yield from frames[:: math.ceil(len(frames) / _PER_SOURCE)]


def _of_photo(photo: Photo) -> Iterator[Cutout]:
    for box in photo.boxes:
        width, height = box[3] - box[1], box[4] - box[2]
        if max(width, height) < _SMALLEST:
            continue
        cutout = _of_box(photo, box)
        if cutout is not None:
            yield cutout


def _of_box(photo: Photo, box: NDArray[np.float32]) -> Cutout | None:
    sides = np.array([box[3] - box[1], box[4] - box[2]])
    low = np.maximum(box[1:3] - sides * _MARGIN, 0).astype(int)
    high = np.minimum(box[3:5] + sides * _MARGIN, photo.size).astype(int)
    crop = photo.pixels[low[1] : high[1], low[0] : high[0]]
    scale = min(1.0, _WORKING / max(crop.shape[:2]))
    small = np.asarray(cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    inside = (box[1:] - np.tile(low, 2)) * scale
    mask = _mask(small, inside)
    if mask is None:
        return None
    whole = cv2.resize(mask * np.uint8(255), (crop.shape[1], crop.shape[0]))
    alpha = np.asarray(whole * _faded(crop.shape[:2], low, high, photo.size), np.uint8)
    moved = np.concatenate([box[:1], box[1:] - np.tile(low, 2)]).astype(np.float32)
    return Cutout(photo.name, photo.source, crop.copy(), alpha, moved)


def _mask(pixels: Pixels, box: NDArray[np.float32]) -> NDArray[np.uint8] | None:
    """1 where the hand is; None when what was found does not look like one."""
    left, top, right, bottom = box.round().astype(int).tolist()
    guess = np.full(pixels.shape[:2], cv2.GC_PR_BGD, np.uint8)
    guess[top:bottom, left:right] = cv2.GC_PR_FGD
    axes = (max(2, round((right - left) * 0.22)), max(2, round((bottom - top) * 0.22)))
    cv2.ellipse(guess, ((left + right) // 2, (top + bottom) // 2), axes, 0, 0, 360, cv2.GC_FGD, -1)
    try:
        cv2.grabCut(pixels, guess, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 2, cv2.GC_INIT_WITH_MASK)
    except cv2.error:
        return None
    mask = np.isin(guess, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    mask = _largest(mask)
    filled = mask[top:bottom, left:right].mean()
    outside = (mask.sum() - mask[top:bottom, left:right].sum()) / max(1, mask.sum())
    return mask if _FILLS[0] < filled < _FILLS[1] and outside < _OUTSIDE else None


def _largest(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return mask
    return np.asarray(parts == 1 + stats[1:, cv2.CC_STAT_AREA].argmax(), np.uint8)


def _faded(
    shape: tuple[int, int], low: NDArray[np.int64], high: NDArray[np.int64], size: tuple[int, int]
) -> NDArray[np.float32]:
    """0 at the sides where the crop ends and the photograph goes on, so that forearms do not end in a straight cut."""
    height, width = shape
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    reach = max(3.0, 0.1 * max(shape))
    far = np.full_like(x, np.inf), np.full_like(y, np.inf)
    across = np.minimum(x if low[0] > 0 else far[0], width - 1 - x if high[0] < size[0] else far[0])
    down = np.minimum(y if low[1] > 0 else far[1], height - 1 - y if high[1] < size[1] else far[1])
    return np.asarray(np.clip(np.minimum(across[None, :], down[:, None]) / reach, 0, 1), np.float32)
