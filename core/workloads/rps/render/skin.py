"""The surface of a limb before light falls on it: skin of palm and back, nails, creases, cloth, rings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.workloads.rps.render.arrays import Flags, Floats, Whole
from core.workloads.rps.render.camera import View, palm_coordinates
from core.workloads.rps.render.noise import colour, field
from core.workloads.rps.render.raster import Surface
from core.workloads.rps.render.skeleton import BAND, FOREARM, SLEEVE, Cones

_TONES = np.array(
    [  # red-green-blue, light to dark
        (240, 205, 186), (230, 184, 160), (218, 166, 138), (198, 146, 112),
        (168, 120, 88), (138, 94, 66), (106, 70, 50), (78, 52, 40), (58, 41, 34),
    ],
    np.float32,
)[:, ::-1] / 255  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """One person's colours (blue-green-red, 0 to 1) and marks."""

    skin: Floats
    palm: Floats
    nail: Floats
    sleeve: Floats
    band: Floats
    ring: tuple[int, Floats] | None
    lines: float
    spots: float
    hair: float
    stripes: float


def tone_of(random: np.random.Generator) -> Floats:
    """A skin colour between light and dark."""
    place = random.uniform(0, len(_TONES) - 1.001)
    low, share = int(place), place % 1
    tone = _TONES[low] * (1 - share) + _TONES[low + 1] * share
    return np.asarray(tone * random.normal(1, 0.035, 3), np.float32)


def look_of(random: np.random.Generator, skin: Floats) -> Look:
    """Colours and marks that go with a skin colour."""
    pale = np.array((0.56, 0.63, 0.86), np.float32) * random.uniform(0.85, 1.1)
    palm = skin + (pale - skin) * random.uniform(0.15, 0.5)
    natural = np.clip(skin * 0.55 + np.array((0.34, 0.36, 0.46), np.float32), 0, 1)
    nail = colour(random) if random.random() < 0.12 else natural
    ring = (int(random.integers(2, 6)), np.array((0.35, 0.66, 0.78), np.float32) * random.uniform(0.6, 1.2))
    return Look(
        skin, palm, nail, colour(random), colour(random, 0.4), ring if random.random() < 0.15 else None,
        random.uniform(0.1, 0.42), random.uniform(0.02, 0.07), random.choice((0, 0, 0.08, 0.16)),
        random.choice((0, 0, 0.25)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Where each seen pixel lies, all (n,): ``part`` and ``segment`` of its cone, ``along`` it (0 to 1 between the
    ends), ``aside`` (-1 to 1 across), ``back`` (1 on the back of the hand, -1 on the palm's side)."""

    part: Whole
    segment: Whole
    along: Floats
    aside: Floats
    back: Floats

    @property
    def digit(self) -> Flags:
        """Which pixels show thumb or fingers."""
        return np.asarray((self.part >= 1) & (self.part <= 5))


def coordinates(cones: Cones, surface: Surface) -> Coordinates:
    """Coordinates on the cone that each pixel shows."""
    axis = cones.b - cones.a
    squared = np.maximum((axis * axis).sum(1, keepdims=True), 1e-6)
    radius = np.maximum(cones.ra, cones.rb)[:, None]
    lateral = np.cross(axis, cones.dorsal) / (np.sqrt(squared) * radius)

    def dot(vectors: Floats, what: Floats) -> Floats:
        """One vector per cone times what each pixel of it has."""
        table = np.asarray(vectors, np.float32).T[:, surface.owner]
        return np.asarray(table[0] * what[0] + table[1] * what[1] + table[2] * what[2])

    offset = surface.place - cones.a.T.astype(np.float32)[:, surface.owner]
    along, aside = dot(axis / squared, offset), dot(lateral, offset)
    back = dot(cones.dorsal, surface.normal)
    return Coordinates(cones.part[surface.owner], cones.segment[surface.owner], along, aside, back)


def albedo(
    cones: Cones, surface: Surface, look: Look, view: View, mirrored: bool, random: np.random.Generator
) -> Floats:
    """Colour of the surface at each seen pixel, shape (3, n)."""
    at = coordinates(cones, surface)
    inner = np.clip(0.5 - 0.9 * at.back, 0, 1)
    colours = look.skin[:, None] + (look.palm - look.skin)[:, None] * inner
    # Blood shows at finger tips and knuckles.
    red = np.where(at.digit & (at.segment == 2), np.clip(at.along, 0, 1), np.float32(0.25))
    colours *= 1 + red * np.array((-0.10, -0.07, 0.03), np.float32)[:, None]
    unit = view.scale
    spots = _at(surface, random, max(unit * 0.22, 2)) + np.float32(0.6) * _at(surface, random, max(unit * 0.05, 1))
    lines = _joint_lines(at) + _palm_lines(surface, at, view, mirrored)
    colours *= (1 + np.float32(look.spots) * spots) * (1 - np.float32(look.lines) * np.clip(lines, 0, 1))
    _paint_digits(colours, at, look)
    _paint_arm(colours, at, surface, look, random)
    return np.asarray(np.clip(colours, 0, 1.2))


def _at(surface: Surface, random: np.random.Generator, cell: float) -> Floats:
    """Noise at the seen pixels."""
    height, width = surface.depth.shape
    return np.asarray(field(random, height, width, cell)[surface.row, surface.column])


def _joint_lines(at: Coordinates) -> Floats:
    """Creases: one on the palm's side of each joint, wrinkles on its back."""
    behind = np.where(at.digit & (at.segment > 0), at.along, np.float32(9))
    ahead = np.where(at.digit & (at.segment < 2), at.along - 1, np.float32(9))
    near = np.minimum(np.abs(behind), np.abs(ahead))
    inside = np.exp(-((near / 0.05) ** 2)) * (at.back < 0)
    wrinkles = np.exp(-((near / 0.22) ** 2)) * (0.5 + 0.5 * np.cos(near * 55)) * np.clip(at.back, 0, 1)
    return np.asarray(inside + np.float32(0.6) * wrinkles)


# Two of the palm's great lines: y of the start, rise, bend and reach in the hand's own coordinates.
_LINES = ((0.66, 0.10, 0.5, (-0.40, 0.20)), (0.56, -0.16, -0.35, (-0.36, 0.33)))


def _palm_lines(surface: Surface, at: Coordinates, view: View, mirrored: bool) -> Floats:
    """The lines of the palm, and the one round the ball of the thumb."""
    found = np.zeros(len(at.part), np.float32)
    inner = np.flatnonzero((at.back < -0.2) & (at.part <= 1))
    x, y = palm_coordinates(surface.place[:, inner], view)
    x = -x if mirrored else x
    lines = np.zeros_like(x)
    for start, rise, bend, (left, right) in _LINES:
        away = y - (start + rise * x + bend * x * x)
        lines = np.maximum(lines, np.exp(-((away / 0.018) ** 2)) * ((x > left) & (x < right)))
    ball = np.hypot((x - 0.42) / 0.36, (y - 0.30) / 0.42)
    found[inner] = np.maximum(lines, np.exp(-(((ball - 1) / 0.045) ** 2)) * (x < 0.36))
    return found


def _paint_digits(colours: Floats, at: Coordinates, look: Look) -> None:
    """Nails and a ring."""
    last = np.flatnonzero(at.digit & (at.segment == 2) & (at.back > 0.15))
    oval = ((at.along[last] - 0.82) / 0.42) ** 2 + (at.aside[last] / 0.66) ** 2
    colours[:, last[oval < 1]] = look.nail[:, None]
    colours[:, last[(oval >= 1) & (oval < 1.35)]] *= np.float32(0.88)
    if look.ring is not None:
        finger, metal = look.ring
        colours[:, (at.part == finger) & (at.segment == 0) & (np.abs(at.along - 0.62) < 0.09)] = metal[:, None]


def _paint_arm(colours: Floats, at: Coordinates, surface: Surface, look: Look, random: np.random.Generator) -> None:
    """Hair on the arm, the cloth of the sleeve, a watch or bracelet."""
    arm, cloth = np.flatnonzero((at.part == FOREARM) & (at.back > -0.2)), np.flatnonzero(at.part == SLEEVE)
    if look.hair and len(arm):
        colours[:, arm] *= 1 - np.float32(look.hair) * np.clip(_at(surface, random, 1.6)[arm], 0, 1)
    if len(cloth):
        folds = 0.10 * _at(surface, random, 14) + 0.05 * _at(surface, random, 4)
        pattern = 1 + folds[cloth] + np.float32(look.stripes) * np.sign(np.sin(at.along[cloth] * 60))
        colours[:, cloth] = look.sleeve[:, None] * pattern
    colours[:, at.part == BAND] = look.band[:, None]
