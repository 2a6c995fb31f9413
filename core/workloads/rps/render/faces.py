"""A head: an ellipsoid in the scene's light with eyes, brows, nose, mouth, ears, hair, beard, glasses or hat."""

from __future__ import annotations

import cv2
import numpy as np

from core.workloads.rps.render.arrays import Floats
from core.workloads.rps.render.light import Light
from core.workloads.rps.render.noise import bgr, colour, field

_LINE = cv2.LINE_AA
_HAIR = np.array([(20, 22, 26), (30, 44, 66), (48, 74, 104), (96, 148, 188), (150, 152, 156), (36, 56, 120)]) / 255


class Sketch:
    """Draws in units of the head's height, origin in its middle, x turned by the face's yaw."""

    def __init__(self, side: int, head: float, yaw: float) -> None:
        self.pixels = np.zeros((side, side, 3), np.uint8)
        self.cover = np.zeros((side, side), np.uint8)
        self.head, self.yaw, self.middle = head, yaw, side / 2

    def at(self, x: float, y: float, turns: bool = True) -> tuple[int, int]:
        """Pixels of a point; features near the middle of the face move with the yaw, outlines do not."""
        turned = x + (self.yaw * 0.30 * max(1 - (x / 0.36) ** 2, 0.0) if turns else 0)
        return round(self.middle + turned * self.head), round(self.middle + y * self.head)

    def oval(self, x: float, y: float, wide: float, high: float, tint: Floats, covers: bool = False) -> None:
        """A filled ellipse; ``covers`` makes it part of the head's outline."""
        axes = (max(round(wide * self.head), 1), max(round(high * self.head), 1))
        middle = self.at(x, y, not covers)
        cv2.ellipse(self.pixels, middle, axes, 0, 0, 360, bgr(tint), -1, _LINE)
        if covers:
            cv2.ellipse(self.cover, middle, axes, 0, 0, 360, 255, -1, _LINE)

    def line(self, points: list[tuple[float, float]], tint: Floats, wide: float) -> None:
        """A stroke through some points."""
        corners = np.array([self.at(*point) for point in points], np.int32)
        cv2.polylines(self.pixels, [corners], False, bgr(tint), max(round(wide * self.head), 1), _LINE)


def face(skin: Floats, head: float, light: Light, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Colours (n, n, 3) and coverage (n, n), both 0 to 1, of a head of that height in pixels."""
    side = int(head * 1.7)
    sketch = Sketch(side, head, random.normal(0, 0.35))
    hair = _HAIR[random.integers(len(_HAIR))] * random.uniform(0.6, 1.2)
    wide = random.uniform(0.34, 0.40)
    long_hair = random.random() < 0.4
    if long_hair:
        sketch.oval(0, 0.05, wide * 1.3, random.uniform(0.55, 0.75), hair, covers=True)
    for ear in (-1, 1):
        sketch.oval(ear * wide * 0.99, 0.02, 0.05, 0.10, skin * 0.9, covers=True)
    sketch.oval(0, 0, wide, 0.5, skin, covers=True)
    _features(sketch, skin, hair, random)
    _top(sketch, hair, wide, long_hair, random)
    lit = sketch.pixels / np.float32(255) * _shading(side, head, wide, light)
    lit *= 1 + 0.05 * field(random, side, side, max(head * 0.03, 1))[..., None]
    turned = cv2.getRotationMatrix2D((side / 2, side / 2), random.normal(0, 9), 1)
    colours, cover = (cv2.warpAffine(part, turned, (side, side)) for part in (lit, sketch.cover))
    return np.asarray(colours, np.float32), np.asarray(cover / np.float32(255), np.float32)


def _shading(side: int, head: float, wide: float, light: Light) -> Floats:
    """Light on an ellipsoid as large as the head."""
    along = (np.arange(side, dtype=np.float32) - side / 2) / head
    x, y = (along / wide)[None], (along / 0.5)[:, None]
    inside = np.minimum(x * x + y * y, 1)
    toward = x * light.direction[0] + y * light.direction[1] - np.sqrt(1 - 0.85 * inside) * light.direction[2]
    return np.asarray(light.ambient * 0.95 + light.lamp * np.clip((toward[..., None] + 0.2) / 1.2, 0, 1), np.float32)


def _features(sketch: Sketch, skin: Floats, hair: Floats, random: np.random.Generator) -> None:
    """Eyes, brows, nose, mouth, and what some people wear on them."""
    eyes, mouth = random.uniform(-0.06, 0.0), random.uniform(0.22, 0.27)
    apart, open_ = random.uniform(0.145, 0.18), random.uniform(0.008, 0.028)
    iris = np.array((0.15, 0.18, 0.25)) * random.uniform(0.4, 2)
    for side in (-1, 1):
        sketch.oval(side * apart, eyes, 0.085, 0.05, skin * 0.84)
        sketch.oval(side * apart, eyes, 0.052, open_ + 0.006, np.array((0.86, 0.88, 0.9)))
        sketch.oval(side * apart, eyes, 0.024, min(open_ + 0.006, 0.024), iris)
        lift = random.uniform(-0.02, 0.01)
        brow = [(side * (apart - 0.07), eyes - 0.075), (side * (apart + 0.075), eyes - 0.07 + lift)]
        sketch.line(brow, (hair + skin * 0.4) / 1.6, random.uniform(0.014, 0.032))
    sketch.oval(0, 0.05, 0.035, 0.10, skin * 1.06)
    sketch.oval(0, 0.13, 0.06, 0.035, skin * 1.0)
    sketch.line([(-0.05, 0.155), (0.0, 0.168), (0.05, 0.155)], skin * 0.62, 0.014)
    if random.random() < 0.22:
        sketch.oval(0, 0.31, 0.26, 0.17, (hair + skin * 0.5) / 1.5)
        sketch.oval(0, 0.17, 0.12, 0.06, skin)
    lips = skin * 0.7 + np.array((0.06, 0.03, 0.16))
    sketch.oval(0, mouth, random.uniform(0.09, 0.13), random.uniform(0.018, 0.045), lips)
    if random.random() < 0.3:
        smile = random.uniform(-0.01, 0.02)
        sketch.line([(-0.1, mouth - smile), (0, mouth), (0.1, mouth - smile)], np.array((0.8, 0.82, 0.85)), 0.012)
    if random.random() < 0.25:
        _glasses(sketch, eyes, apart, random)


def _glasses(sketch: Sketch, eyes: float, apart: float, random: np.random.Generator) -> None:
    frame, wide = colour(random, 0.4) * 0.5, random.uniform(0.10, 0.13)
    for side in (-1, 1):
        x, y = sketch.at(side * apart, eyes + 0.01)
        axes = (round(wide * sketch.head), round(wide * 0.8 * sketch.head))
        filled = -1 if random.random() < 0.1 else max(round(0.014 * sketch.head), 1)
        cv2.ellipse(sketch.pixels, (x, y), axes, 0, 0, 360, bgr(frame), filled, _LINE)
    sketch.line([(-0.06, eyes), (0.06, eyes)], frame, 0.014)


def _top(sketch: Sketch, hair: Floats, wide: float, long_hair: bool, random: np.random.Generator) -> None:
    """Hair, a cap, headphones or a bald head."""
    kind = random.random()
    if kind < 0.12 and not long_hair:
        return
    tint = colour(random) if kind < 0.3 else hair
    line = random.uniform(-0.36, -0.2)
    side = len(sketch.pixels)
    mask = np.zeros((side, side), np.uint8)
    axes = (round(wide * 1.1 * sketch.head), round(0.54 * sketch.head))
    cv2.ellipse(mask, sketch.at(0, -0.02, False), axes, 0, 0, 360, 255, -1, _LINE)
    fringe = np.array([sketch.at(x, line + 0.9 * x * x + random.normal(0, 0.02)) for x in np.linspace(-0.6, 0.6, 9)])
    below = np.concatenate((fringe, [(side, side), (0, side)])).astype(np.int32)
    cv2.fillPoly(mask, [below], 0, _LINE)
    strands = 1 + 0.12 * field(random, side, side, max(sketch.head * 0.03, 1))
    share = (mask / np.float32(255))[..., None]
    top = np.clip(tint * strands[..., None], 0, 1) * 255
    sketch.pixels = np.asarray(sketch.pixels * (1 - share) + top * share, np.uint8)
    sketch.cover = np.maximum(sketch.cover, mask)
    if random.random() < 0.1:
        for ear in (-1, 1):
            sketch.oval(ear * wide * 1.02, 0.0, 0.07, 0.14, colour(random, 0.3) * 0.4, covers=True)
