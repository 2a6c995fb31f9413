"""A complete synthetic image: a background, people, hands with a throw or another gesture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.vision.boxes import NewBox, from_corners
from core.vision.detections import Pixels
from core.workloads.rps.classes import CLASSES
from core.workloads.rps.render import gestures
from core.workloads.rps.render.arrays import Floats
from core.workloads.rps.render.background import background
from core.workloads.rps.render.camera import View, rotation_of
from core.workloads.rps.render.light import light_of
from core.workloads.rps.render.limb import Limb, Patch, build, draw, place
from core.workloads.rps.render.people import Person, add_person, owner_of, stranger
from core.workloads.rps.render.photo import develop, streak
from core.workloads.rps.render.skeleton import shape_of
from core.workloads.rps.render.skin import look_of, tone_of

_SEEN = 0.5
"""Of a hand's extent this share lies in the image at least; a hand that is cut off more is nobody's throw."""
_TRIES = 12
_LEFT = 0.5
"""A throw of which other limbs or its own arm leave less than this share visible is hidden: it gets no box."""


def render(seed: int, size: int = 320) -> tuple[Pixels, list[NewBox]]:
    """A square image of ``size`` pixels (uint8, blue-green-red) and the throws on it.

    The same seed gives the same image with the same library versions. Boxes enclose the visible part of the hand,
    without the forearm, provenance "synthetic". About one image in five has no throw. Raises ``ValueError`` for a size
    under 32 pixels.
    """
    if size < 32:
        raise ValueError(f"An image of {size} pixels is too small for hands; use 32 or more.")
    random = np.random.default_rng(seed)
    light, skin = light_of(random), tone_of(random)
    canvas, limbs = background(random, size), _limbs(random, size, skin)
    for person in sorted(_people(random, size, limbs), key=lambda person: person.head):
        add_person(canvas, person, light, random)
    scene = canvas.astype(np.float32) / np.float32(255)
    seen: list[Seen] = []
    for limb in limbs:
        patch = draw(limb, size, light, random)
        if patch is not None:
            _lay(scene, patch, seen, limb, _shaken(patch, random))
    return develop(scene, random), [box for one in seen if (box := one.box(size)) is not None]


@dataclass
class Seen:
    """Which pixels of the image show a hand; later limbs take some of the ``whole`` away. ``area`` is that of its
    extent inside the image, as if its own arm were not in the way."""

    label: str | None
    mask: Floats
    whole: float
    area: float

    def box(self, size: int) -> NewBox | None:
        """Tight round the pixels, None for other gestures and for hands that are hidden."""
        rows, columns = (np.flatnonzero((self.mask > 0.5).any(axis)) for axis in (1, 0))
        hidden = self.mask.sum() < _LEFT * self.whole or len(rows) * len(columns) < _LEFT * self.area
        if self.label is None or hidden or min(len(rows), len(columns)) < 4:
            return None
        corners = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
        return from_corners(self.label, corners, size, size, "synthetic")


def _limbs(random: np.random.Generator, size: int, skin: Floats) -> list[Limb]:
    """None to two throws and sometimes other hands, beside each other, far ones first."""
    throws = int(random.choice(3, p=(0.2, 0.5, 0.3)))
    others = int(random.choice(3, p=(0.68, 0.24, 0.08) if throws else (0.35, 0.45, 0.2)))
    labels = [CLASSES[random.integers(len(CLASSES))] for _ in range(throws)] + [None] * others
    placed: list[Limb] = []
    for label in labels:
        own = skin if random.random() < 0.6 else tone_of(random)
        limb = _placed(random, size, own, label, [other.extent() for other in placed])
        if limb is not None:
            placed.append(limb)
    return sorted(placed, key=lambda limb: limb.view.scale)


def _people(random: np.random.Generator, size: int, limbs: list[Limb]) -> list[Person]:
    """Some hands have an owner in the image; and there are people without hands."""
    owners = [
        owner_of(limb.shoulder(), limb.view.scale, limb.look.skin, limb.look.sleeve, random)
        for limb in limbs
        if random.random() < 0.55
    ]
    others = int(random.choice(3, p=(0.6, 0.3, 0.1)))
    return owners + [stranger(random, size) for _ in range(others)]


Extent = tuple[float, float, float, float]


def _placed(
    random: np.random.Generator, size: int, skin: Floats, label: str | None, taken: list[Extent]
) -> Limb | None:
    """A hand somewhere in the image where it hides no other; None when there is no room."""
    pose = gestures.throw(label, random) if label else gestures.other(random)
    bare = random.choice((0.12, 0.3, 1.0), p=(0.35, 0.25, 0.4)) * random.uniform(0.9, 1.2)
    look, mirrored, rotation = look_of(random, skin), bool(random.random() < 0.5), rotation_of(random)
    down = rotation.T @ np.array((random.normal(0, 0.4), 1.0, random.uniform(-0.2, 0.6)), np.float32)
    cones = build(pose, shape_of(random), down * np.array((-1 if mirrored else 1, 1, 1)), bare, random)
    distance = random.uniform(3.0, 14.0)
    for _ in range(_TRIES):
        scale = size * np.exp(random.triangular(np.log(0.045), np.log(0.22), np.log(0.5)))
        x, y = (random.normal(0.5, 0.26, 2) * size).tolist()
        view = View(rotation, distance, float(scale), (x, y))
        limb = place(cones, view, mirrored, look, label)
        if _fits(limb, size, taken):
            return limb
    return None


def _fits(limb: Limb, size: int, taken: list[Extent]) -> bool:
    """Enough of it in the image, fingers before all, and not over another hand."""
    left, top, right, bottom = limb.extent()
    inside = max(min(right, size) - max(left, 0), 0) * max(min(bottom, size) - max(top, 0), 0)
    if inside < _SEEN * (right - left) * (bottom - top) or max(right - left, bottom - top) > 0.98 * size:
        return False
    tips = limb.tips()
    if ((tips < 0) | (tips > size)).any(1).sum() > 1:
        return False
    return all(
        max(min(right, r) - max(left, x), 0) * max(min(bottom, b) - max(top, t), 0)
        < 0.15 * min((r - x) * (b - t), (right - left) * (bottom - top))
        for x, t, r, b in taken
    )


def _shaken(patch: Patch, random: np.random.Generator) -> Patch:
    """Hands move: some are blurred by their own motion."""
    if random.random() > 0.18:
        return patch
    kernel = streak(random.uniform(0.01, 0.05) * max(patch.cover.shape) + 2, random.uniform(0, np.pi))
    cover = np.asarray(cv2.filter2D(patch.cover, -1, kernel), np.float32)
    colours = cv2.filter2D(patch.colours * patch.cover[..., None], -1, kernel) / np.maximum(cover, 1e-3)[..., None]
    hand = np.asarray(cv2.filter2D(patch.hand, -1, kernel), np.float32)
    return Patch(np.asarray(colours, np.float32), cover, hand, patch.left, patch.top)


def _lay(scene: Floats, patch: Patch, seen: list[Seen], limb: Limb, shown: Patch) -> None:
    """Put a limb over the scene and over the hands behind it."""
    size = len(scene)
    height, width = patch.cover.shape
    top, left = max(patch.top, 0), max(patch.left, 0)
    bottom, right = min(patch.top + height, size), min(patch.left + width, size)
    if top >= bottom or left >= right:
        return
    own = (slice(top - patch.top, bottom - patch.top), slice(left - patch.left, right - patch.left))
    there = (slice(top, bottom), slice(left, right))
    cover = shown.cover[own][..., None]
    scene[there] = scene[there] * (1 - cover) + shown.colours[own] * cover
    for one in seen:
        one.mask[there] *= 1 - shown.cover[own]
    mask = np.zeros((size, size), np.float32)
    mask[there] = shown.hand[own]
    x0, y0, x1, y1 = np.clip(limb.extent(), 0, size).tolist()
    seen.append(Seen(limb.label, mask, float(mask.sum()), (x1 - x0) * (y1 - y0)))
