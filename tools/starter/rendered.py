"""Rendered hands as training images: rendered once, sampled many times."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from core.workloads.rps.classes import CLASSES
from core.workloads.rps.render import render_many
from tools.starter.photos import Photo, no_boxes

SOURCE = "rendered"


def rendered_photos(count: int, size: int, workers: int, cache: Path, first: int = 0) -> list[Photo]:
    """``count`` rendered images of seeds from ``first`` on, kept as PNG and labels below ``cache``."""
    (cache / "images").mkdir(parents=True, exist_ok=True)
    missing = [seed for seed in range(first, first + count) if not _file(cache, seed).exists()]
    for seed, (pixels, hands) in zip(missing, render_many(missing, size, workers), strict=True):
        rows = [[CLASSES.index(hand.label), hand.x, hand.y, hand.width, hand.height] for hand in hands]
        np.save(cache / f"{seed}.npy", np.array(rows, np.float32).reshape(-1, 5))
        cv2.imwrite(str(_file(cache, seed)), pixels)
    return [_read(cache, seed) for seed in range(first, first + count)]


def _file(cache: Path, seed: int) -> Path:
    return cache / "images" / f"{SOURCE}_{seed:06d}.png"


def _read(cache: Path, seed: int) -> Photo:
    pixels = cv2.imread(str(_file(cache, seed)), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError(f"{_file(cache, seed)} is damaged: delete it and start again.")
    centred = np.load(cache / f"{seed}.npy")
    shown = np.asarray(pixels, np.uint8)
    height, width = shown.shape[:2]
    if not len(centred):
        return Photo(_file(cache, seed).name, SOURCE, shown, no_boxes())
    middle, half = centred[:, 1:3], centred[:, 3:5] / 2
    corners = np.concatenate([middle - half, middle + half], axis=1) * np.array([width, height] * 2)
    boxes = np.concatenate([centred[:, :1], corners], axis=1).astype(np.float32)
    return Photo(_file(cache, seed).name, SOURCE, shown, boxes)
