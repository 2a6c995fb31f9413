"""Synthetic backgrounds: walls, furniture-like boxes, frames, windows, patterns, foliage, writing."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

from core.vision.detections import Pixels
from core.workloads.rps.render.arrays import Floats
from core.workloads.rps.render.noise import bgr, colour, field

_LINE = cv2.LINE_AA


def background(random: np.random.Generator, size: int) -> Pixels:
    """An empty scene, shape (size, size, 3), from nearly plain to crowded, sometimes out of focus."""
    canvas = _base(random, size)
    for _ in range(random.integers(0, 5)):
        _THINGS[random.integers(len(_THINGS))](canvas, random)
    if random.random() < 0.35:
        _clutter(canvas, random)
    if random.random() < 0.5:
        canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), random.uniform(0.5, 5.0) * size / 320), np.uint8)
    return canvas


def _base(random: np.random.Generator, size: int) -> Pixels:
    """A gradient between two related colours with blotches: a wall, a floor, the open air."""
    vivid = random.choice((0.25, 0.5, 0.9))
    first = colour(random, vivid)
    second = colour(random, vivid) if random.random() < 0.3 else first * random.uniform(0.5, 1.4)
    angle = random.uniform(0, 2 * np.pi)
    along = np.linspace(-0.5, 0.5, 24, dtype=np.float32)  # a gradient has no details: it is made small
    share = np.clip(math.cos(angle) * along[None] + math.sin(angle) * along[:, None] + 0.5, 0, 1)[..., None]
    wall = cv2.resize(np.asarray(first * (1 - share) + second * share, np.float32), (size, size))
    rough = 255 + 255 * random.uniform(0, 0.06) * field(random, size, size, random.uniform(3, 60) * size / 320)
    rough = rough.astype(np.float32)
    return np.asarray(cv2.multiply(wall, cv2.merge((rough, rough, rough)), dtype=cv2.CV_8U), np.uint8)


def _corner(canvas: Pixels, random: np.random.Generator) -> None:
    """Where walls and ceiling meet: two large planes of other brightness."""
    size = len(canvas)
    x, y = random.uniform(0.1, 0.9, 2) * size
    for turn in random.uniform(0, 2 * np.pi, 2):
        far = 3 * size * np.array([(np.cos(turn + d), np.sin(turn + d)) for d in (0, random.uniform(0.6, 2))])
        plane = (np.array((x, y)) + np.vstack((np.zeros((1, 2)), far))).astype(np.int32)
        mask = np.zeros(canvas.shape[:2], np.uint8)
        cv2.fillPoly(mask, [plane], 255, _LINE)
        share = 1 + mask * np.float32(random.uniform(-0.3, 0.3) / 255)
        np.copyto(canvas, np.clip(canvas * share[..., None], 0, 255).astype(np.uint8))


def _window(canvas: Pixels, random: np.random.Generator) -> tuple[Pixels, int, int]:
    """A random rectangle of the canvas as a view."""
    size = len(canvas)
    width, height = (random.uniform(0.1, 0.7, 2) * size).astype(int)
    x, y = random.integers(-width // 3, size - width // 2), random.integers(-height // 3, size - height // 2)
    view = canvas[max(y, 0) : y + height, max(x, 0) : x + width]
    return view, view.shape[1], view.shape[0]


def _frame(canvas: Pixels, random: np.random.Generator) -> None:
    """A picture, a mirror, a door, a bright window."""
    view, width, height = _window(canvas, random)
    edge = int(random.integers(2, 10))
    cv2.rectangle(view, (0, 0), (width - 1, height - 1), bgr(colour(random)), -1)
    inside = (1.2, 1.2, 1.15) if random.random() < 0.3 else colour(random)
    if width > 3 * edge and height > 3 * edge:
        cv2.rectangle(view, (edge, edge), (width - edge, height - edge), bgr(np.array(inside)), -1)


def _shelf(canvas: Pixels, random: np.random.Generator) -> None:
    """A rack of books or bottles."""
    view, width, height = _window(canvas, random)
    cv2.rectangle(view, (0, 0), (width - 1, height - 1), bgr(colour(random, 0.4)), -1)
    rows = int(random.integers(1, 5))
    for row in range(rows):
        bottom, x = (row + 1) * height // rows - 2, 0
        while x < width:
            wide, high = int(random.integers(3, 14)), random.uniform(0.4, 0.9) * height / rows
            cv2.rectangle(view, (x, int(bottom - high)), (x + wide - 1, bottom), bgr(colour(random)), -1)
            x += wide + int(random.integers(0, 4))


def _boards(canvas: Pixels, random: np.random.Generator) -> None:
    """Wood, blinds, tiles, stripes: a pattern in a rectangle."""
    view, width, height = _window(canvas, random)
    if not width or not height:
        return
    period, turn = random.uniform(4, 40), random.uniform(0, np.pi)
    x, y = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    c, s = math.cos(turn) * 2 * np.pi / period, math.sin(turn) * 2 * np.pi / period
    wave = np.sin(x * c + y * s)
    if random.random() < 0.3:
        wave = wave * np.sin(x * s - y * c)
    wave = np.sign(wave) if random.random() < 0.5 else wave
    grain = wave + 0.5 * field(random, height, width, period / 2)
    tint = colour(random) * (1 + random.uniform(0.05, 0.3) * grain)[..., None]
    view[:] = np.clip(tint * 255, 0, 255).astype(np.uint8)


def _foliage(canvas: Pixels, random: np.random.Generator) -> None:
    """Many leaves or blades of one family of colours."""
    size, tint = len(canvas), colour(random)
    centre, spread = random.uniform(0, size, 2), random.uniform(0.08, 0.4) * size
    for _ in range(random.integers(20, 120)):
        at = (centre + random.normal(0, spread, 2)).astype(int).tolist()
        axes = (int(random.integers(2, 5)), int(random.integers(5, 24)))
        cv2.ellipse(canvas, at, axes, random.uniform(0, 360), 0, 360, bgr(tint * random.uniform(0.5, 1.3)), -1, _LINE)


def _lamp(canvas: Pixels, random: np.random.Generator) -> None:
    """A light source with its glow."""
    size = len(canvas)
    x, y, radius = random.uniform(0, size), random.uniform(0, size * 0.6), random.uniform(0.02, 0.08) * size
    along = np.arange(size, dtype=np.float32)
    away = (along[None] - x) ** 2 + (along[:, None] - y) ** 2
    glow = np.minimum(np.float32(radius) ** 2 * 2 / np.maximum(away, 1), 1)[..., None]
    np.copyto(canvas, np.clip(canvas + glow * 220, 0, 255).astype(np.uint8))


def _writing(canvas: Pixels, random: np.random.Generator) -> None:
    """Letters, as on posters, screens and captions."""
    letters = "".join(chr(random.integers(48, 91)) for _ in range(random.integers(1, 12)))
    at = random.integers(0, len(canvas), 2).tolist()
    cv2.putText(canvas, letters, at, 0, random.uniform(0.3, 2.5), bgr(colour(random)), int(random.integers(1, 6)))


def _clutter(canvas: Pixels, random: np.random.Generator) -> None:
    """Shapes of all kinds, skin-coloured ones among them."""
    size = len(canvas)
    for _ in range(random.integers(3, 22)):
        at, axes = random.uniform(0, size, 2), random.uniform(0.01, 0.16, 2) * size
        tint = bgr(colour(random) if random.random() < 0.7 else _skin_like(random))
        turn = random.uniform(0, 180)
        if random.random() < 0.4:
            cv2.ellipse(canvas, at.astype(int).tolist(), axes.astype(int).tolist(), turn, 0, 360, tint, -1, _LINE)
        elif random.random() < 0.5:
            corners = (at + random.uniform(-1, 1, (random.integers(3, 6), 2)) * axes * 2).astype(np.int32)
            cv2.fillPoly(canvas, [corners], tint, _LINE)
        else:
            end = (at + random.normal(0, 0.25, 2) * size).astype(int).tolist()
            cv2.line(canvas, at.astype(int).tolist(), end, tint, int(random.integers(1, 14)), _LINE)


def _skin_like(random: np.random.Generator) -> Floats:
    """Wood, leather and skin share these colours."""
    value = random.uniform(0.2, 0.9)
    return np.asarray(value * np.array((0.6, 0.74, 1.0)) + random.normal(0, 0.03, 3), np.float32)


_THINGS: tuple[Callable[[Pixels, np.random.Generator], None], ...] = (
    _corner, _corner, _frame, _frame, _shelf, _boards, _foliage, _lamp, _writing,
)  # fmt: skip
