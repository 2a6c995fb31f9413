"""Gestures as angles of joints within what hands can do, and arms bent by them.

Angles are in degrees: ``bend`` (4, 3) of index to little finger at knuckle, middle and last joint, 0 where the
finger lies in the palm's plane; ``aside`` (4,) of the fingers in that plane, positive towards the thumb.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.starter.bodies.arms import PARENTS, THUMB, WRIST, Arm, Finger

Numbers = NDArray[np.float32]
Rng = np.random.Generator


@dataclass(slots=True)
class Reach:
    """Where the thumb's last bone goes: on ``finger`` (0 to 3), ``share`` of the way along bone ``bone``.

    ``side``: 1 on its back, 0 beside it towards the thumb, -1 on its pad.
    """

    finger: float
    bone: int
    share: float
    side: float = 1.0
    gap: float = 1.0


@dataclass(slots=True)
class Bends:
    """A pose of the hand. ``thumb``: three turns at its root (bend, aside, twist), then bends of its two joints."""

    bend: Numbers
    aside: Numbers
    thumb: Numbers = field(default_factory=lambda: np.zeros(5, np.float32))
    reach: Reach | None = None
    wrist: tuple[float, float] = (0.0, 0.0)


def turn(axis: Numbers, degrees: float) -> Numbers:
    """The matrix that turns about ``axis``."""
    matrix, _ = cv2.Rodrigues(np.asarray(axis, np.float64) / np.linalg.norm(axis) * np.deg2rad(degrees))
    return np.asarray(matrix, np.float32)


def bone_matrices(arm: Arm, bends: Bends) -> Numbers:
    """From rest to pose, shape (bones, 3, 4)."""
    turns = np.tile(np.eye(3, dtype=np.float32), (len(PARENTS), 1, 1))
    turns[WRIST] = turn(np.array([1.0, 0, 0]), bends.wrist[0]) @ turn(np.array([0, 0, 1.0]), bends.wrist[1])
    for finger, bend, aside in zip(arm.fingers, bends.bend, bends.aside, strict=True):
        _bend_finger(turns, finger, bend, float(aside))
    # The thumb goes where the others are: they come first.
    found = _chain(arm.heads, turns)
    thumb = bends.thumb if bends.reach is None else _reaching(arm, found, bends.thumb, bends.reach)
    _bend_thumb(turns, arm.thumb, thumb)
    return _chain(arm.heads, turns)


def _bend_finger(turns: Numbers, finger: Finger, bend: Numbers, aside: float) -> None:
    first, second, third = finger.directions
    rest = (
        np.degrees(np.arctan2(first[2], np.hypot(first[0], first[1]))),
        _between(first, second, finger.axis),
        _between(second, third, finger.axis),
    )
    away = aside - np.degrees(np.arctan2(first[0], first[1]))
    turns[finger.bones[0]] = turn(finger.axis, float(bend[0] - rest[0])) @ turn(np.array([0, 0, -1.0]), float(away))
    for part in (1, 2):
        turns[finger.bones[part]] = turn(finger.axis, float(bend[part] - rest[part]))


def _between(before: Numbers, after: Numbers, axis: Numbers) -> float:
    return float(np.degrees(np.arctan2(np.cross(before, after) @ axis, before @ after)))


def _bend_thumb(turns: Numbers, thumb: Finger, angles: Numbers) -> None:
    root = turn(thumb.dorsal, float(angles[1])) @ turn(thumb.axis, float(angles[0]))
    turns[THUMB[0]] = root @ turn(thumb.directions[0], float(angles[2]))
    turns[THUMB[1]] = turn(thumb.axis, float(angles[3]))
    turns[THUMB[2]] = turn(thumb.axis, float(angles[4]))


def _chain(heads: Numbers, turns: Numbers) -> Numbers:
    whole = np.zeros((len(turns), 3, 4), np.float32)
    for bone, parent in enumerate(PARENTS):
        turned, moved = turns[bone], heads[bone] - turns[bone] @ heads[bone]
        if parent >= 0:
            above = whole[parent]
            turned, moved = above[:, :3] @ turned, above[:, :3] @ moved + above[:, 3]
        whole[bone, :, :3], whole[bone, :, 3] = turned, moved
    return whole


_LOW = np.array([-25, -40, -45, -5, -10], np.float32)
_HIGH = np.array([60, 45, 45, 60, 75], np.float32)
_NATURAL = np.array([10, 0, 0, 15, 15], np.float32)


def _reaching(arm: Arm, found: Numbers, start: Numbers, reach: Reach) -> Numbers:
    """Turns of the thumb that bring it there, by a few steps of Gauss and Newton within its limits."""
    target, pad = _target(arm, found, reach)
    above = found[PARENTS[THUMB[0]]]
    target, pad = above[:, :3].T @ (target - above[:, 3]), above[:, :3].T @ pad
    angles = (_NATURAL + start).astype(np.float64)

    def residuals(values: NDArray[np.float64]) -> NDArray[np.float64]:
        place, faces = _thumb_end(arm.thumb, values)
        return np.concatenate([(place - target) * 8, (faces - pad) * 0.5, (values - _NATURAL) / 180])

    for _ in range(8):
        now = residuals(angles)
        slope = np.stack([(residuals(angles + step) - now) / 1.0 for step in np.eye(5)], axis=1)
        step = np.linalg.solve(slope.T @ slope + 1e-4 * np.eye(5), -slope.T @ now)
        angles = np.clip(angles + np.clip(step, -25, 25), _LOW, _HIGH)
    return angles.astype(np.float32)


def _target(arm: Arm, found: Numbers, reach: Reach) -> tuple[Numbers, Numbers]:
    low, high = int(np.floor(reach.finger)), int(np.ceil(reach.finger))
    share = reach.finger - low
    places, outs = [], []
    for index in (low, high):
        finger = arm.fingers[index]
        bone = finger.bones[reach.bone]
        start = finger.heads[reach.bone]
        end = finger.heads[reach.bone + 1] if reach.bone < 2 else 2 * finger.middle - start
        whole = found[bone]
        dorsal = np.cross(finger.directions[reach.bone], finger.axis)
        beside = finger.axis * (np.sign(finger.axis[0]))
        out = whole[:, :3] @ (dorsal * reach.side + beside * (1 - abs(reach.side)))
        out /= np.linalg.norm(out)
        at = whole[:, :3] @ (start + (end - start) * reach.share) + whole[:, 3]
        places.append(at + out * (finger.radius + arm.thumb.radius) * reach.gap)
        outs.append(out)
    return (
        np.asarray(places[0] * (1 - share) + places[1] * share, np.float32),
        -np.asarray(outs[0] * (1 - share) + outs[1] * share, np.float32),
    )


def _thumb_end(thumb: Finger, angles: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    root = turn(thumb.dorsal, angles[1]) @ turn(thumb.axis, angles[0]) @ turn(thumb.directions[0], angles[2])
    second, third = turn(thumb.axis, angles[3]), turn(thumb.axis, angles[4])
    heads = thumb.heads
    place = heads[2] + third @ (thumb.middle - heads[2])
    place = heads[1] + second @ (place - heads[1])
    place = heads[0] + root @ (place - heads[0])
    return place, root @ second @ third @ np.cross(thumb.axis, thumb.directions[2])


def posed(vertices: Numbers, weights: Numbers, matrices: Numbers) -> Numbers:
    """Vertices moved with their bones (linear blend skinning), shape (n, 3)."""
    blended = (weights @ matrices.reshape(len(matrices), 12)).reshape(-1, 3, 4)
    return np.asarray(np.einsum("nij,nj->ni", blended[:, :, :3], vertices) + blended[:, :, 3], np.float32)
