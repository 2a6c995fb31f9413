"""Colours of skin, nails, sleeves and jewellery, in linear light."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.starter.bodies.marks import Marks

Numbers = NDArray[np.float32]
Rng = np.random.Generator

_TONES = np.array(
    [(244, 205, 184), (232, 184, 156), (218, 166, 134), (202, 150, 114), (176, 122, 86), (140, 92, 64), (104, 66, 47),
     (72, 46, 36)],
    np.float32,
)  # fmt: skip
"""From very fair to very dark, sRGB."""
_PALM = np.array((226, 172, 146), np.float32)


@dataclass(frozen=True, slots=True)
class Look:
    """One person's skin and what they wear. ``sleeve``, ``watch``: how far up the arm; FAR where there is none."""

    tone: float
    ruddy: float
    yellow: float
    aged: float
    hairy: float
    veined: float
    gloss: float
    shift: tuple[float, float]
    sleeve: float
    cloth: Numbers
    cloth2: Numbers
    pattern: int
    watch: float
    watch_width: float
    band: Numbers
    face: bool
    ring: int
    ring_at: float
    metal: Numbers
    nails: Numbers | None


def linear(colour: Numbers) -> Numbers:
    """From sRGB, 0 to 255."""
    share = np.asarray(colour, np.float32) / 255
    return np.asarray(np.where(share < 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4), np.float32)


def drawn_look(rng: Rng) -> Look:
    """A random person's look."""
    dark = rng.uniform(0, 0.25) if rng.random() < 0.35 else rng.uniform(0, 255) / 255
    cloth = linear(np.clip(dark * 255 + rng.normal(0, 45, 3) * (rng.random() < 0.7), 4, 250))
    other = linear(np.clip(rng.uniform(0, 255) + rng.normal(0, 45, 3), 4, 250))
    worn = rng.random()
    sleeve = 9.0 if worn < 0.42 else rng.uniform(0.02, 0.5) if worn < 0.8 else rng.uniform(0.5, 1.8)
    polish = linear(np.clip(np.array([rng.uniform(40, 240), rng.uniform(10, 200), rng.uniform(20, 220)]), 0, 255))
    return Look(
        tone=float(rng.beta(1.1, 1.3)),
        ruddy=float(np.clip(rng.normal(0.75, 0.4), 0, 1.6)),
        yellow=float(rng.normal(0, 1)),
        aged=float(rng.beta(1.2, 2)),
        hairy=float(max(0, rng.normal(0.1, 0.45))),
        veined=float(max(0, rng.normal(0.25, 0.35))),
        gloss=float(rng.uniform(0.3, 1.2)),
        shift=(float(rng.uniform(0, 256)), float(rng.uniform(0, 256))),
        sleeve=float(sleeve),
        cloth=cloth,
        cloth2=other,
        pattern=int(rng.choice([0, 1, 2, 3], p=[0.6, 0.15, 0.1, 0.15])),
        watch=float(rng.uniform(0.14, 0.45)) if rng.random() < 0.22 else 9.0,
        watch_width=float(rng.uniform(0.02, 0.16)),
        band=linear(np.clip(rng.choice([15, 40, 120, 190]) + rng.normal(0, 22, 3), 3, 250)),
        face=bool(rng.random() < 0.7),
        ring=int(rng.integers(1, 5)) if rng.random() < 0.22 else 8,
        ring_at=float(rng.uniform(0.35, 0.6)),
        metal=linear(np.array([(212, 175, 90), (190, 190, 195), (222, 160, 130)][rng.integers(3)], np.float32)),
        nails=polish if rng.random() < 0.14 else None,
    )


@functools.cache
def _grain(blur: float) -> Numbers:
    """Tileable noise, 256 by 256, mean 0 and deviation 1."""
    raw = np.random.default_rng(round(blur * 100)).standard_normal((256, 256)).astype(np.float32)
    wide = np.tile(raw, (3, 3))
    soft = cv2.GaussianBlur(wide, (0, 0), blur)[256:512, 256:512] if blur > 0 else raw
    return np.asarray((soft - soft.mean()) / soft.std(), np.float32)


def _noise(blur: float, u: Numbers, v: Numbers, shift: tuple[float, float]) -> Numbers:
    count = len(u)
    places = np.zeros((2, -(-count // 256), 256), np.float32)  # remap takes no more than 32,767 rows
    places.reshape(2, -1)[:, :count] = np.mod(u + shift[0], 255.0), np.mod(v + shift[1], 255.0)
    return np.asarray(cv2.remap(_grain(blur), places[0], places[1], cv2.INTER_LINEAR), np.float32).ravel()[:count]


def _step(values: Numbers, low: float, high: float) -> Numbers:
    share = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _ridge(values: NDArray[Any], width: float) -> Numbers:
    return np.asarray(np.exp(-((values / width) ** 2)), np.float32)


def paint(at: Marks, look: Look) -> tuple[Numbers, Numbers, Numbers]:
    """Colour (n, 3), gloss (n,) and how much light passes under the surface (n,), of each point."""
    u, v = at.x * 40 + at.z * 23, at.y * 40 - at.z * 17
    colour = _skin(at, look, u, v)
    gloss = np.full(len(u), look.gloss, np.float32) * (1 + 0.25 * _noise(0.8, u * 3, v * 3, look.shift))
    under = np.ones(len(u), np.float32)
    nail = _step(at.nail, 0.35, 0.6)
    base = look.nails if look.nails is not None else colour * np.array([1.08, 0.98, 0.97]) * 0.85 + 0.07
    colour = np.asarray(colour + nail[:, None] * (base - colour), np.float32)
    gloss = gloss + nail * (2.5 if look.nails is not None else 1.3)
    return _worn(at, look, colour, gloss, under, u, v)


def _skin(at: Marks, look: Look, u: Numbers, v: Numbers) -> Numbers:
    place = look.tone * (len(_TONES) - 1)
    low = min(int(place), len(_TONES) - 2)
    tone = _TONES[low] + (place - low) * (_TONES[low + 1] - _TONES[low])
    tone = tone + np.array([0.5, 0.5, -6]) * look.yellow
    back = linear(np.clip(tone, 0, 255))
    lighter = 0.35 + 0.4 * look.tone
    palm = linear(np.clip(tone + lighter * (_PALM - tone) * (0.25 + 0.75 * look.tone), 0, 255)) * np.array(
        [1.03, 0.97, 0.96]
    )
    on_palm = _step(-at.back, -0.15, 0.55) * (1 - _step(at.up, -0.1, 0.5) * 0.6)
    colour = back + on_palm[:, None] * (palm - back)
    wide, mid, fine = (_noise(b, u * s, v * s, look.shift) for b, s in ((7, 1.0), (3, 1.5), (0.9, 3.5)))
    joint = _ridge(at.middle, 1.0) + 0.7 * _ridge(at.last, 0.8) + 0.7 * _ridge(at.knuckle, 1.2) * (at.back > 0)
    red = look.ruddy * (0.10 * wide + 0.35 * at.tip + 0.28 * joint + 0.22 * on_palm * (0.6 + 0.5 * mid))
    red = red * (1 - 0.5 * look.tone)
    colour = colour * np.stack([1 + 0.04 * red, 1 - 0.26 * red, 1 - 0.24 * red], axis=1)
    shade = 1 + 0.035 * wide + 0.03 * mid + 0.03 * fine - _lines(at, look, u, v)
    shade -= 0.10 * look.tone * joint * (at.back > 0)
    colour = colour * shade[:, None]
    return np.asarray(np.clip(_marked(at, look, colour, on_palm, u, v), 0.004, 1), np.float32)


def _lines(at: Marks, look: Look, u: Numbers, v: Numbers) -> Numbers:
    """How much darker the folds of the skin are."""
    bent = 0.25 * _noise(2.0, u * 2, v * 2, look.shift)
    back, palm = _step(at.back, 0.1, 0.6), _step(-at.back, 0.0, 0.5)
    dark = np.zeros(len(u), np.float32)
    for joint, width in ((at.middle, 0.75), (at.last, 0.5)):
        wave = 0.5 + 0.5 * np.cos((joint + bent * 0.5) * 11)
        dark += back * _ridge(joint, width) * (0.08 + 0.2 * look.aged) * wave
        dark += palm * 0.3 * (_ridge(joint + bent * 0.3, 0.1) + 0.5 * _ridge(joint + 0.25 + bent * 0.3, 0.08))
    dark += palm * 0.25 * _ridge(at.knuckle - 1.6 + bent * 0.3, 0.12) * (at.finger < 8)
    x, y = at.x + 0.012 * bent, at.y + 0.03 * bent
    inside = palm * (at.finger > 8)
    heart = y - 0.80 - 0.35 * np.clip(x + 0.35, 0, 1) ** 1.5
    head = y - 0.62 - 0.35 * (x + 0.05)
    life = np.hypot(x - 0.36, (y - 0.36) * 0.85) - 0.33
    for line, depth in ((heart, 0.17), (head, 0.15), (life * (x < 0.3) + 9 * (x >= 0.3), 0.2)):
        dark += inside * depth * _ridge(line, 0.014)
    wrist = _ridge(at.up - 0.03 + 0.02 * bent, 0.015) + 0.6 * _ridge(at.up - 0.1 + 0.02 * bent, 0.012)
    dark += palm * 0.2 * wrist
    return np.asarray(dark, np.float32)


def _marked(at: Marks, look: Look, colour: Numbers, on_palm: Numbers, u: Numbers, v: Numbers) -> Numbers:
    """Veins, hair, freckles."""
    dorsal = (1 - on_palm) * (at.finger > 8)
    vein = _ridge(_noise(9, u * 1.6 + 0.3 * v, v * 0.55, (look.shift[1], look.shift[0])), 0.14)
    veins = look.veined * dorsal * vein * (1 - 0.7 * look.tone)
    colour = colour * np.stack([1 - 0.16 * veins, 1 - 0.07 * veins, 1 - 0.02 * veins], axis=1)
    hair = _step(_noise(0.7, u * 5 + v * 1.2, v * 1.1, look.shift), 1.1, 2.0) * (1 - on_palm)
    hair = hair * (_step(at.up, -0.6, 0.4) + 0.35 * (at.finger < 8) * _ridge(at.lower - 0.5, 0.3))
    colour = colour * (1 - np.clip(0.45 * look.hairy * hair, 0, 0.6))[:, None]
    spots = _step(_noise(1.6, u * 1.7, v * 1.7, (look.shift[1] * 2, look.shift[0])), 2.2, 2.8)
    spots = spots * (1 - on_palm) * (0.1 + 0.35 * look.aged)
    return np.asarray(colour * np.stack([1 - 0.5 * spots, 1 - 0.75 * spots, 1 - 0.9 * spots], axis=1), np.float32)


def _worn(
    at: Marks, look: Look, colour: Numbers, gloss: Numbers, under: Numbers, u: Numbers, v: Numbers
) -> tuple[Numbers, Numbers, Numbers]:
    ring = (at.finger > look.ring - 0.5) & (at.finger < look.ring + 0.5) & (abs(at.lower - look.ring_at) < 0.07)
    band = abs(at.up - look.watch) < look.watch_width
    cloth = at.up > look.sleeve
    for mask, paint_with, shine in ((ring, look.metal, 4.0), (band, look.band, 1.2), (cloth, None, 0.05)):
        if not mask.any():
            continue
        painted = _cloth(at, look, u, v) if paint_with is None else np.broadcast_to(paint_with, colour.shape)
        colour = np.where(mask[:, None], painted, colour)
        gloss, under = np.where(mask, shine, gloss), np.where(mask, 0, under)
    if look.face and look.watch < 5:
        dial = watch_dial(at, look)
        colour = np.where((dial > 0)[:, None], look.metal * 0.7, colour)
        colour = np.where((dial > 0.3)[:, None], look.cloth2 * 0.25, colour)
        gloss = np.where(dial > 0, 3.0, gloss)
    return np.asarray(colour, np.float32), np.asarray(gloss, np.float32), np.asarray(under, np.float32)


def watch_dial(at: Marks, look: Look) -> Numbers:
    """Above 0 on the watch's face."""
    reach = np.hypot(at.up - look.watch, at.x) / max(0.11, look.watch_width * 1.15)
    return np.asarray(np.where(at.back > 0.2, 1 - reach, -1.0) * (at.finger > 8), np.float32)


def _cloth(at: Marks, look: Look, u: Numbers, v: Numbers) -> Numbers:
    base = np.broadcast_to(look.cloth, (len(u), 3))
    second = np.zeros(len(u), np.float32)
    if look.pattern in (1, 2):
        second = (np.sin(at.up * 45 + look.shift[0]) > 0.2).astype(np.float32)
    if look.pattern == 2:
        second = 0.5 * second + 0.5 * (np.sin(np.arctan2(at.z, at.x) * 14) > 0.2)
    if look.pattern == 3:
        second = 0.35 * (0.5 + 0.5 * np.sin(at.up * 160)) * (0.6 + 0.4 * np.sin(np.arctan2(at.z, at.x) * 60))
    folds = 1 + 0.10 * _noise(4, u * 1.2, v * 2.2, look.shift) + 0.05 * _noise(0.8, u * 4, v * 4, look.shift)
    hem = 1 - 0.25 * _ridge(at.up - look.sleeve - 0.11, 0.012)
    mixed = base + second[:, None] * (look.cloth2 - base)
    return np.asarray(np.clip(mixed * (folds * hem)[:, None], 0.003, 1), np.float32)
