"""From joint angles to the 21 joints of a hand, and from those to the round cones that are its flesh.

Lengths are in palms: 1 is the way from the wrist to the middle finger's knuckle. The frame of the hand: wrist
at the origin, x to the thumb's side, y to the fingers, z out of the palm. Joints are in MediaPipe's order.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.workloads.rps.render.arrays import Floats, Whole
from core.workloads.rps.render.gestures import Pose

PALM, FOREARM, SLEEVE, BAND = 0, 6, 7, 8
"""Parts of a limb; 1 to 5 are thumb to little finger."""

_KNUCKLES = np.array([(0.28, 0.96, 0), (0.07, 1.0, -0.03), (-0.14, 0.94, -0.01), (-0.32, 0.83, 0.04)], np.float32)
_BASE_OF_THUMB = np.array((0.24, 0.20, 0.10), np.float32)
_LENGTHS = np.array(
    [(0.43, 0.33, 0.26), (0.45, 0.27, 0.19), (0.50, 0.31, 0.20), (0.46, 0.29, 0.20), (0.36, 0.21, 0.17)], np.float32
)
_RADII = np.array(
    [
        (0.150, 0.128, 0.108, 0.082),
        (0.118, 0.100, 0.085, 0.066),
        (0.120, 0.102, 0.086, 0.067),
        (0.114, 0.096, 0.081, 0.063),
        (0.104, 0.083, 0.071, 0.056),
    ],
    np.float32,
)


@dataclass(frozen=True, slots=True)
class Shape:
    """One person's hand: lengths (5, 3) and radii (5, 4) of the digits, knuckles (4, 3), thickness of the palm."""

    lengths: Floats
    radii: Floats
    knuckles: Floats
    palm: float


@dataclass(frozen=True, slots=True)
class Cones:
    """Round cones: ends ``a`` and ``b`` (n, 3), radii ``ra`` and ``rb`` (n,), what they belong to ``part`` (n,),
    which bone of a digit they are ``segment`` (n,), and the direction of the back of the hand ``dorsal`` (n, 3)."""

    a: Floats
    b: Floats
    ra: Floats
    rb: Floats
    part: Whole
    segment: Whole
    dorsal: Floats


def shape_of(random: np.random.Generator) -> Shape:
    """A person's hand: slender or thick, with long or short fingers."""
    width, thick, length = random.uniform(0.9, 1.12), random.uniform(0.84, 1.16), random.uniform(0.9, 1.1)
    lengths = _LENGTHS * length * random.uniform(0.96, 1.04, (5, 3))
    radii = _RADII * thick * random.uniform(0.97, 1.03, (5, 4))
    knuckles = _KNUCKLES * np.array((width, 1, 1))
    return Shape(lengths.astype(np.float32), radii.astype(np.float32), knuckles.astype(np.float32), 0.135 * thick)


def joints_of(pose: Pose, shape: Shape) -> Floats:
    """The 21 joints, shape (21, 3): wrist, thumb, index, middle, ring, little finger, each from base to tip."""
    joints = np.zeros((21, 3), np.float32)
    joints[1] = _BASE_OF_THUMB
    for bone in range(3):
        joints[2 + bone] = joints[1 + bone] + shape.lengths[0, bone] * pose.thumb[bone]
    bends = np.radians(np.cumsum(pose.flexion, axis=1))
    for finger in range(4):
        at = 5 + 4 * finger
        joints[at] = shape.knuckles[finger]
        # A bent finger cannot spread; all of them then point at the base of the thumb.
        aside = np.radians(pose.spread[finger]) * max(np.cos(bends[finger, 0]), 0.0)
        ahead = np.array((np.sin(aside), np.cos(aside), 0.0))
        for bone, bend in enumerate(bends[finger]):
            direction = np.cos(bend) * ahead + np.sin(bend) * np.array((0.0, 0.0, 1.0))
            joints[at + bone + 1] = joints[at + bone] + shape.lengths[finger + 1, bone] * direction
    return joints


_BACK = np.array((0.0, 0.0, -1.0), np.float32)
_SIDE = np.array((1.0, 0.0, 0.0), np.float32)


class Flesh:
    """Collects round cones."""

    def __init__(self) -> None:
        self._rows: list[tuple[Floats, Floats, float, float, int, int, Floats]] = []

    def add(self, a: Floats, b: Floats, ra: float, rb: float, part: int, segment: int = 0, out: Floats = _BACK) -> None:
        """One round cone from ``a`` to ``b``; ``out`` is roughly where its dorsal side looks."""
        self._rows.append((a, b, ra, rb, part, segment, out))

    def cones(self) -> Cones:
        """All of them as arrays."""
        a, b, ra, rb, part, segment, out = (np.array(column) for column in zip(*self._rows, strict=True))
        along = _unit(b - a)
        dorsal = _unit(out - along * (out * along).sum(1, keepdims=True))
        f = np.float32
        return Cones(a.astype(f), b.astype(f), ra.astype(f), rb.astype(f), part, segment, dorsal.astype(f))


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.sqrt((vectors * vectors).sum(1, keepdims=True)), 1e-6))


def add_hand(flesh: Flesh, joints: Floats, shape: Shape) -> None:
    """Digits and palm."""
    for digit in range(5):
        at = 1 + 4 * digit
        for bone in range(3):
            ra, rb = shape.radii[digit, bone : bone + 2]
            start, end = joints[at + bone], joints[at + bone + 1]
            out = _thumb_side(joints) if digit == 0 else _finger_side(end - start)
            flesh.add(start, end, float(ra), float(rb), digit + 1, bone, out)
    _add_palm(flesh, joints, shape.palm)


def _finger_side(along: Floats) -> Floats:
    """A finger's back: where the bone, its sideways direction and the way out of the palm leave it to look."""
    return np.array((0.0, along[2], -along[1]), np.float32)


def _thumb_side(joints: Floats) -> Floats:
    """Where the thumb's nail looks: against its bend, as the thumb turns when it is opposed to the fingers."""
    first, last = joints[2] - joints[1], joints[4] - joints[3]
    bend = first / np.linalg.norm(first) - last / np.linalg.norm(last)
    return np.asarray(bend + 0.4 * np.array((0.55, -0.35, -0.75)), np.float32)


def _add_palm(flesh: Flesh, joints: Floats, thick: float) -> None:
    """Four cones from wrist to knuckles, one along the knuckles, the two balls, and the web of the thumb."""
    knuckles = joints[[5, 9, 13, 17]]
    for place, knuckle in enumerate(knuckles):
        root = np.array((0.13 - 0.09 * place, 0.04, 0.0), np.float32)
        flesh.add(root, knuckle * np.array((1, 0.97, 1), np.float32), thick * 1.25, thick * (0.94 - 0.05 * place), PALM)
    for left, right in pairwise(knuckles):
        flesh.add(left * 0.93, right * 0.93, thick * 0.85, thick * 0.8, PALM)
    ball = np.array((0.12, 0.22, 0.06), np.float32)
    flesh.add(ball, joints[2] * 0.85 + ball * 0.15, thick * 1.3, thick * 1.02, PALM)
    heel = np.array((-0.19, 0.16, 0.05), np.float32)
    flesh.add(heel, knuckles[3] * np.array((1, 0.9, 1), np.float32), thick * 1.15, thick * 0.98, PALM)
    web = joints[1] * 0.4 + joints[2] * 0.6
    flesh.add(web, joints[5] * np.array((0.95, 0.82, 1), np.float32), thick * 0.8, thick * 0.7, PALM)


@dataclass(frozen=True, slots=True)
class Arm:
    """``along``: from the wrist to the elbow, ``upper``: from there to the shoulder, unit vectors; ``bare``: share
    of the forearm without a sleeve, 1 and more for none; ``length`` of the forearm; with a ``band`` or without."""

    along: Floats
    upper: Floats
    bare: float
    length: float
    band: bool


def add_arm(flesh: Flesh, arm: Arm, thick: float) -> None:
    """A forearm and an upper arm for a palm of that thickness."""
    along, elbow = arm.along, arm.along * arm.length
    side = _SIDE - along * float(_SIDE @ along)
    shoulder = elbow + arm.upper * arm.length * 1.1
    # What a sleeve hides is not drawn, or skin would show through its folds.
    reach = min(0.45, arm.bare * 1.05)
    for sign in (-1, 1):
        start, stop = side * 0.10 * sign - along * 0.05, along * reach * arm.length + side * 0.10 * sign
        flesh.add(start, stop, thick * 1.22, thick * (1.22 + 0.78 * reach / 0.45), FOREARM)
    if arm.bare >= 1:
        flesh.add(along * 0.42 * arm.length, elbow, thick * 2.35, thick * 2.1, FOREARM)
    if arm.band:
        at = along * 0.32
        flesh.add(at - side * 0.11, at + side * 0.11, thick * 1.62, thick * 1.62, BAND)
    if arm.bare < 1:
        cuff = thick * (2.1 + 1.7 * min(arm.bare, 0.5))
        flesh.add(along * arm.length * arm.bare, elbow, cuff, thick * 3.0, SLEEVE)
    flesh.add(elbow, shoulder, thick * 2.7, thick * 3.3, SLEEVE if arm.bare < 1.05 else FOREARM)
