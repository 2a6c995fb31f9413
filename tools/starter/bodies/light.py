"""What light reaches each point of an arm: from all round, with the arm's own shadow, and from one or two lamps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.starter.bodies.raster import seen_from

Numbers = NDArray[np.float32]
Rng = np.random.Generator

_ROUND = 20
_MAP = 96


@dataclass(frozen=True, slots=True)
class Lamp:
    """A far light at ``direction`` (towards it)."""

    direction: Numbers
    colour: Numbers


@dataclass(frozen=True, slots=True)
class Room:
    """``directions`` (20, 3) and ``colours`` (20, 3) of the light from all round, and the lamps."""

    directions: Numbers
    colours: Numbers
    lamps: tuple[Lamp, ...]


def _even(count: int) -> Numbers:
    index = np.arange(count) + 0.5
    height, turn = 1 - 2 * index / count, np.pi * (1 + 5**0.5) * index
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.cos(turn), height, flat * np.sin(turn)], axis=1).astype(np.float32)


def _temperature(rng: Rng, spread: float) -> Numbers:
    warm = rng.normal(0, spread)
    tint = rng.normal(0, spread / 4)
    return np.exp(np.array([warm, tint, -warm], np.float32))


def drawn_room(rng: Rng) -> Room:
    """Light somewhere: soft or hard, from above or aside. y is up, z towards the camera."""
    directions = _even(_ROUND)
    share = (directions[:, 1:2] + 1) / 2
    sky, ground = _temperature(rng, 0.12), _temperature(rng, 0.15) * rng.uniform(0.15, 0.9)
    colours = ground + share * (sky - ground)
    for _ in range(rng.integers(0, 3)):
        centre = _direction(rng)
        sharp = rng.uniform(1.5, 6)
        colours = colours + np.exp(sharp * (directions @ centre - 1))[:, None] * _temperature(rng, 0.2) * rng.uniform(
            1, 5
        )
    lamps = []
    for _ in range(rng.choice([0, 1, 2], p=[0.25, 0.5, 0.25])):
        lamps.append(Lamp(_direction(rng), _temperature(rng, 0.18) * np.float32(rng.uniform(0.3, 2.5))))
    return Room(directions, np.asarray(colours, np.float32), tuple(lamps))


def _direction(rng: Rng) -> Numbers:
    """Rather above than below, rather before than behind."""
    while True:
        way = rng.standard_normal(3)
        way /= np.linalg.norm(way)
        if rng.random() < (0.25 + 0.75 * (way[1] > -0.1)) * (0.35 + 0.65 * (way[2] > -0.2)):
            return way.astype(np.float32)


def round_about(room: Room, vertices: Numbers, faces: NDArray[np.int32], asked: Numbers, shown: Numbers) -> Numbers:
    """Light from all round that each point of ``asked`` with its normal ``shown`` gets, (n, 3); 1: in the open."""
    got = np.zeros((len(asked), 3), np.float32)
    for direction, colour in zip(room.directions, room.colours, strict=True):
        lit = np.maximum(shown @ direction, 0)
        free = seen_from(direction, vertices, faces, asked + 0.02 * shown, _MAP, 0.03, 0)
        got += (lit * free)[:, None] * colour
    return np.asarray(got * (4 / len(room.directions)), np.float32)


def shine(lamp: Lamp, shown: Numbers, to_eye: Numbers, gloss: Numbers) -> Numbers:
    """Reflected light of a lamp, (n,): a sharp and a wide lobe, more at grazing angles."""
    half = lamp.direction + to_eye
    half /= np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-6)
    facing = np.clip((shown * half).sum(1), 0, 1)
    fresnel = 0.03 + 0.97 * (1 - np.clip((to_eye * half).sum(1), 0, 1)) ** 5
    lobes = 1.4 * facing**18 + 2.2 * facing**70
    return np.asarray(gloss * fresnel * lobes * np.clip(shown @ lamp.direction * 4, 0, 1) * 2, np.float32)
