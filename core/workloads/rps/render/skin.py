"""The surface of a limb before light falls on it: skin of palm and back, nails, creases, cloth, rings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.workloads.rps.render.camera import View, palm_coordinates
from core.workloads.rps.render.gestures import Floats
from core.workloads.rps.render.noise import colour, field
from core.workloads.rps.render.raster import Buffers
from core.workloads.rps.render.skeleton import BAND, FOREARM, PALM, SLEEVE, Cones

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
        random.uniform(0.1, 0.42), random.uniform(0.02, 0.07), random.choice((0, 0, 0.12, 0.25)),
        random.choice((0, 0, 0.25)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Where each pixel lies on its cone: ``along`` (0 to 1 between the ends), ``aside`` (-1 to 1 across), and
    ``back`` (1 on the back of the hand, -1 on the palm's side)."""

    along: Floats
    aside: Floats
    back: Floats


def coordinates(cones: Cones, buffers: Buffers) -> Coordinates:
    """Coordinates on the cone that each pixel shows."""
    owner = np.maximum(buffers.owner, 0)
    axis = cones.b - cones.a
    squared = np.maximum((axis * axis).sum(1), 1e-6)
    lateral = np.cross(axis, cones.dorsal) / np.sqrt(squared)[:, None]
    height, width = owner.shape
    x = np.arange(width, dtype=np.float32)[None] + 0.5
    y = np.arange(height, dtype=np.float32)[:, None] + 0.5

    def dot(vectors: Floats) -> Floats:
        """Offset from the cone's start, times one vector per cone."""
        start = (cones.a * vectors).sum(1)
        table = np.concatenate((vectors, start[:, None]), 1).astype(np.float32)[owner]
        return np.asarray(x * table[..., 0] + y * table[..., 1] + buffers.depth * table[..., 2] - table[..., 3])

    along = dot(axis / squared[:, None])
    aside = dot(lateral) / np.maximum(cones.ra, cones.rb)[owner]
    back = (buffers.normal * cones.dorsal[owner]).sum(2)
    return Coordinates(along, aside, np.asarray(back, np.float32))


def albedo(
    cones: Cones, buffers: Buffers, look: Look, view: View, mirrored: bool, random: np.random.Generator
) -> Floats:
    """Colour of the surface at each pixel, shape (height, width, 3)."""
    at = coordinates(cones, buffers)
    part = cones.part[np.maximum(buffers.owner, 0)]
    segment = cones.segment[np.maximum(buffers.owner, 0)]
    inner = np.clip(0.5 - 0.9 * at.back, 0, 1)[..., None]
    colours = look.skin * (1 - inner) + look.palm * inner
    digit = (part >= 1) & (part <= 5)
    # Blood shows at finger tips and knuckles.
    red = np.where(digit & (segment == 2), np.clip(at.along, 0, 1), 0.25)[..., None]
    colours *= 1 + red * np.array((-0.10, -0.07, 0.03), np.float32)
    height, width = part.shape
    unit = view.scale
    spots = field(random, height, width, max(unit * 0.22, 2)) + 0.6 * field(random, height, width, max(unit * 0.05, 1))
    colours *= (1 + look.spots * spots)[..., None]
    lines = _joint_lines(at, segment, digit) + _palm_lines(buffers, at, part, view, mirrored)
    colours *= (1 - look.lines * np.clip(lines, 0, 1))[..., None]
    _paint_digits(colours, at, part, segment, look)
    return _paint_arm(colours, at, part, look, random)


def _joint_lines(at: Coordinates, segment: Floats, digit: Floats) -> Floats:
    """Creases: one on the palm's side of each joint, wrinkles on its back."""
    bent = digit & (segment > 0)
    ahead = np.where(digit & (segment < 2), at.along - 1, 9)
    near = np.minimum(np.abs(np.where(bent, at.along, 9)), np.abs(ahead))
    inside = np.exp(-((near / 0.05) ** 2)) * (at.back < 0)
    wrinkles = np.exp(-((near / 0.22) ** 2)) * (0.5 + 0.5 * np.cos(near * 55)) * np.clip(at.back, 0, 1)
    return np.asarray(inside + 0.6 * wrinkles, np.float32)


# The palm's three great lines: y of the start, rise, bend and reach in the hand's own coordinates.
_LINES = ((0.66, 0.10, 0.5, (-0.40, 0.20)), (0.56, -0.16, -0.35, (-0.36, 0.33)))


def _palm_lines(buffers: Buffers, at: Coordinates, part: Floats, view: View, mirrored: bool) -> Floats:
    height, width = part.shape
    x = np.arange(width, dtype=np.float32)[None] + 0.5
    y = np.arange(height, dtype=np.float32)[:, None] + 0.5
    px, py = palm_coordinates(x, y, np.where(buffers.owner >= 0, buffers.depth, 0), view)
    px = -px if mirrored else px
    found = np.zeros_like(px)
    for start, rise, bend, (left, right) in _LINES:
        away = py - (start + rise * px + bend * px * px)
        found = np.maximum(found, np.exp(-((away / 0.018) ** 2)) * ((px > left) & (px < right)))
    ball = np.hypot((px - 0.42) / 0.36, (py - 0.30) / 0.42)  # the line round the ball of the thumb
    found = np.maximum(found, np.exp(-(((ball - 1) / 0.045) ** 2)) * (px < 0.36))
    return np.asarray(found * (at.back < -0.2) * ((part == PALM) | (part == 1)), np.float32)


def _paint_digits(colours: Floats, at: Coordinates, part: Floats, segment: Floats, look: Look) -> None:
    """Nails and a ring."""
    last = (part >= 1) & (part <= 5) & (segment == 2) & (at.back > 0.15)
    nail = last & (((at.along - 0.82) / 0.42) ** 2 + (at.aside / 0.66) ** 2 < 1)
    colours[nail] = look.nail
    rim = last & ~nail & (((at.along - 0.80) / 0.50) ** 2 + (at.aside / 0.78) ** 2 < 1)
    colours[rim] *= 0.86
    if look.ring is not None:
        colours[(part == look.ring[0]) & (segment == 0) & (np.abs(at.along - 0.62) < 0.09)] = look.ring[1]


def _paint_arm(colours: Floats, at: Coordinates, part: Floats, look: Look, random: np.random.Generator) -> Floats:
    """Hair on the arm, the cloth of the sleeve, a watch or bracelet."""
    height, width = part.shape
    if look.hair:
        strands = np.maximum(field(random, height, width, 1.6), 0) * ((part == FOREARM) & (at.back > -0.2))
        colours *= (1 - look.hair * np.clip(strands, 0, 1))[..., None]
    cloth = part == SLEEVE
    if cloth.any():
        folds = field(random, height, width, 14) * 0.10 + field(random, height, width, 4) * 0.05
        pattern = 1 + folds + look.stripes * np.sign(np.sin(at.along * 60))
        colours[cloth] = (look.sleeve * pattern[..., None])[cloth]
    colours[part == BAND] = look.band
    return np.asarray(np.clip(colours, 0, 1.2), np.float32)
