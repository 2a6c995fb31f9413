"""Turns shaded pixels into a cut-out: optional motion blur, half the size, alpha channel, bounding box."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.starter.bodies.camera import FINER
from tools.starter.bodies.marks import Marks
from tools.starter.bodies.rendered_hand import Shown
from tools.starter.light import smear

Numbers = NDArray[np.float32]
Rng = np.random.Generator

_MOVED = 0.14


def finished(
    label: int, got: Numbers, light: Numbers, rows: NDArray[np.int64], columns: NDArray[np.int64],
    size: tuple[int, int], end: float, rng: Rng,
) -> Shown | None:  # fmt: skip
    width, height = size
    canvas = np.zeros((height * FINER, width * FINER, 5), np.float32)
    curved = 1 - np.exp(-light * 1.25) if rng.random() < 0.7 else np.clip(light, 0, 1)
    canvas[rows, columns, :3] = curved[:, ::-1]
    up = got[:, Marks._fields.index("up")]
    canvas[rows, columns, 3] = np.clip((end - up) / 0.22, 0, 1)
    canvas[rows, columns, 4] = got[:, -1] > 0.5
    cover = np.zeros((height * FINER, width * FINER), np.float32)
    cover[rows, columns] = 1
    canvas[:, :, 3] *= _edges(canvas[:, :, 3], canvas[:, :, 4] > 0.5)
    canvas = np.dstack([canvas, cover])
    if rng.random() < _MOVED:
        canvas = _smeared(canvas, rng)
    width, height = canvas.shape[1] // FINER, canvas.shape[0] // FINER
    small = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    colour = small[:, :, :3] / np.maximum(small[:, :, 5:], 1e-3)
    encoded = np.where(colour < 0.0031308, colour * 12.92, 1.055 * np.maximum(colour, 1e-6) ** (1 / 2.4) - 0.055)
    pixels = np.clip(encoded * 255, 0, 255).astype(np.uint8)
    hand = small[:, :, 4] > 0.5
    if hand.sum() < 100:
        return None
    down, across = np.nonzero(hand.any(1))[0], np.nonzero(hand.any(0))[0]
    box = np.array([label, across[0], down[0], across[-1] + 1, down[-1] + 1], np.float32)
    return Shown(pixels, np.clip(small[:, :, 3] * 255, 0, 255).astype(np.uint8), box)


def _smeared(canvas: Numbers, rng: Rng) -> Numbers:
    """As it looks while the hand moves."""
    reach = int(rng.uniform(5, 26)) * FINER
    kernel = smear(reach + 1, rng)
    margin = reach // 2 // FINER * FINER
    wide = np.pad(canvas, ((margin, margin), (margin, margin), (0, 0)))
    return np.dstack([cv2.filter2D(wide[:, :, at : at + 3], -1, kernel) for at in (0, 3)])


def _edges(alpha: Numbers, hand: NDArray[np.bool_]) -> Numbers:
    """0 at the sides where an arm leaves the image."""
    height, width = alpha.shape
    field = np.ones((height, width), np.float32)
    reach = 0.07 * max(height, width)
    x, y = np.arange(width), np.arange(height)[:, None]
    for line, away in ((alpha[0], y), (alpha[-1], height - 1 - y), (alpha[:, 0], x), (alpha[:, -1], width - 1 - x)):
        if (line > 0.5).any():
            field *= np.clip(away / reach, 0, 1)
    return np.asarray(np.maximum(field, hand), np.float32)


def mirrored(hand: Shown) -> Shown:
    """The left hand."""
    width = hand.alpha.shape[1]
    label, left, top, right, bottom = hand.box
    box = np.array([label, width - right, top, width - left, bottom], np.float32)
    return Shown(np.ascontiguousarray(hand.pixels[:, ::-1]), np.ascontiguousarray(hand.alpha[:, ::-1]), box)
