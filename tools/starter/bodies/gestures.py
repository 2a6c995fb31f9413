"""Draws a pose of the hand for rock, paper, scissors, and for what is none of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tools.starter.bodies.poses import Bends, Reach

Numbers = NDArray[np.float32]
Rng = np.random.Generator

OTHER = -1
_FOLDED = np.array([[80, 100, 62], [84, 103, 62], [84, 102, 60], [82, 98, 60]], np.float32)


def drawn_pose(label: int, rng: Rng) -> Bends:
    """``label``: 0 rock, 1 paper, 2 scissors, -1 something else."""
    bends = {0: _rock, 1: _paper, 2: _scissors, OTHER: _other}[label](rng)
    bends.wrist = (float(np.clip(rng.normal(0, 16), -50, 55)), float(np.clip(rng.normal(0, 9), -22, 22)))
    return bends


def _loosened(bend: Numbers, rng: Rng, all_of_them: float, each: float) -> Numbers:
    own = rng.normal(0, each, bend.shape).astype(np.float32)
    low, high = np.array([-15, 0, 0]), np.array([95, 112, 78])
    return np.asarray(np.clip(bend * (1 - abs(rng.normal(0, all_of_them))) + own, low, high), np.float32)


def _aside(rng: Rng, spread: float) -> Numbers:
    base = np.array([3.0, 0.5, -2.5, -6.0]) + spread * np.array([13.0, 2.0, -10.0, -20.0])
    return np.asarray(base + rng.normal(0, 1.0 + 1.5 * abs(spread), 4), np.float32)


def _rock(rng: Rng) -> Bends:
    bend = _loosened(_FOLDED, rng, 0.07, 4)
    kind = rng.random()
    if kind < 0.62:
        reach = Reach(rng.uniform(0.1, 1.2), 1, rng.uniform(0.25, 0.75), 1.0, rng.uniform(0.85, 1.1))
    elif kind < 0.9:
        reach = Reach(0.0, 1, rng.uniform(0.0, 0.6), rng.uniform(0.1, 0.6), rng.uniform(0.9, 1.1))
    else:  # loose: the thumb hangs a little off the fingers
        reach = Reach(rng.uniform(0, 0.8), 1, rng.uniform(0.1, 0.6), rng.uniform(0.5, 1), rng.uniform(1.2, 1.7))
    return Bends(bend, _aside(rng, 0), rng.normal(0, 5, 5).astype(np.float32), reach)


def _open_thumb(rng: Rng) -> Numbers:
    return np.array(
        [rng.uniform(-20, 15), rng.uniform(-22, 14), rng.normal(0, 8), rng.uniform(-5, 15), rng.uniform(-8, 20)],
        np.float32,
    )


def _paper(rng: Rng) -> Bends:
    spread = 0.0 if rng.random() < 0.4 else rng.uniform(0, 1.1)
    curved = rng.normal(2, 7) if rng.random() < 0.8 else rng.uniform(0, 22)
    bend = np.array([[curved, abs(curved) * 0.7, abs(curved) * 0.4]] * 4, np.float32)
    bend = np.clip(bend + rng.normal(0, 3.5, (4, 3)), [-15, 0, 0], [40, 40, 30])
    thumb = _open_thumb(rng)
    if spread < 0.2 and rng.random() < 0.6:
        reach = Reach(0.0, 0, rng.uniform(0.05, 0.45), rng.uniform(-0.3, 0.1), rng.uniform(0.95, 1.2))
        return Bends(np.asarray(bend, np.float32), _aside(rng, spread), thumb * 0.2, reach)
    return Bends(np.asarray(bend, np.float32), _aside(rng, spread), thumb)


def _scissors(rng: Rng) -> Bends:
    bend = _loosened(_FOLDED, rng, 0.09, 5)
    straight = rng.normal([4, 5, 2], [8, 5, 3], (2, 3))
    bend[:2] = np.clip(straight, [-15, 0, 0], [32, 30, 18])
    aside = _aside(rng, 0)
    gap = rng.uniform(2, 14) if rng.random() < 0.3 else rng.uniform(14, 40)
    aside[0], aside[1] = gap * rng.uniform(0.45, 0.65), -gap * rng.uniform(0.35, 0.5)
    if rng.random() < 0.8:
        bone = int(rng.choice([1, 2], p=[0.75, 0.25]))
        reach = Reach(rng.uniform(1.75, 2.4), bone, rng.uniform(0.2, 0.8), 1.0, rng.uniform(0.85, 1.2))
        return Bends(bend, aside, rng.normal(0, 5, 5).astype(np.float32), reach)
    return Bends(bend, aside, np.array([rng.uniform(5, 35), rng.uniform(-5, 20), 0, 15, 25], np.float32))


def _other(rng: Rng) -> Bends:
    makers: tuple[Callable[[Rng], Bends], ...] = (
        _pointing,
        _thumbs_up,
        _ring,
        _counting,
        _relaxed,
        _relaxed,
        _grip,
        _horns,
    )
    return makers[rng.integers(len(makers))](rng)


def _pointing(rng: Rng) -> Bends:
    bends = _rock(rng)
    bends.bend[0] = np.clip(rng.normal([5, 8, 4], 6), 0, 30)
    if bends.reach is not None:
        bends.reach.finger = rng.uniform(1, 1.6)
        bends.reach.bone, bends.reach.side = 1, 1.0
    return bends


def _thumbs_up(rng: Rng) -> Bends:
    bends = _rock(rng)
    bends.reach = None
    bends.thumb = np.array(
        [rng.uniform(-25, -15), rng.uniform(-38, -24), rng.normal(0, 8), -8, rng.uniform(-18, -5)], np.float32
    )
    return bends


def _ring(rng: Rng) -> Bends:
    bends = _paper(rng)
    bends.bend[0] = rng.normal([50, 62, 32], 5)
    bends.bend[1:] += rng.uniform(0, 15)
    bends.reach = Reach(0.0, 2, 0.6, -1.0, 0.9)
    return bends


def _counting(rng: Rng) -> Bends:
    """Three fingers, with or without the thumb. Four with the thumb folded would be paper seen from most sides."""
    bends = _paper(rng)
    if rng.random() < 0.5:
        bends.bend[3] = rng.normal([78, 95, 55], 6)
        bends.reach = Reach(3.0, 1, rng.uniform(0.3, 0.9), 1.0, 1.0)
    else:
        bends.bend[2:] = _loosened(_FOLDED, rng, 0.06, 4)[2:]
        bends.reach, bends.thumb = None, np.array([-20, -28, 0, -5, -5], np.float32)
    return bends


def _relaxed(rng: Rng) -> Bends:
    more = rng.uniform(0.7, 1.25)
    bend = np.array([[22, 32, 14], [30, 38, 18], [36, 42, 20], [38, 42, 20]], np.float32) * more
    bend = bend + rng.normal(0, 5, (4, 3)).astype(np.float32)
    return Bends(bend, _aside(rng, rng.uniform(0, 0.3)), rng.uniform(-8, 12, 5).astype(np.float32))


def _grip(rng: Rng) -> Bends:
    """As round a cup or a bottle that is not there."""
    more = rng.uniform(0.75, 1.05)
    bend = np.array([[38, 55, 30], [42, 58, 32], [45, 58, 32], [45, 56, 32]], np.float32) * more
    thumb = np.array([rng.uniform(0, 20), rng.uniform(0, 25), rng.normal(0, 8), 15, 25], np.float32)
    return Bends(bend + rng.normal(0, 4, (4, 3)).astype(np.float32), _aside(rng, 0.1), thumb)


def _horns(rng: Rng) -> Bends:
    bends = _rock(rng)
    straight = rng.normal([5, 8, 4], 5, (2, 3))
    if rng.random() < 0.5:
        bends.bend[[0, 3]] = np.clip(straight, 0, 25)
        bends.reach = Reach(1.3, 1, 0.5, 1.0, 1.0)
    elif rng.random() < 0.5:
        bends.bend[3] = np.clip(straight[0], 0, 25)
        bends.reach, bends.thumb = None, np.array([-15, -30, 0, -5, 0], np.float32)
    else:
        bends.bend[0] = np.clip(straight[0], 0, 25)
        bends.reach, bends.thumb = None, np.array([-15, -30, 0, -5, 0], np.float32)
    return bends
