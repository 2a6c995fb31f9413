"""The camera's view of an arm, and the arm's size in the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]
Rng = np.random.Generator

FINER = 2
"""Pixels along a side that become one of the image."""
_MOST = 300


@dataclass(frozen=True, slots=True)
class Camera:
    """``turn`` (3, 3) from the arm's frame to x right, y up, z to the camera, ``distance`` away from ``centre``."""

    turn: Numbers
    centre: Numbers
    distance: float

    def seen(self, points: Numbers) -> Numbers:
        """Points in the camera's frame, the hand at the origin."""
        return np.asarray((points - self.centre) @ self.turn.T, np.float32)

    def projected(self, seen: Numbers) -> Numbers:
        """x right, y down in units at the hand's distance, and 1 / depth."""
        depth = self.distance - seen[:, 2]
        near = np.where(depth > 0.25 * self.distance, 1 / np.maximum(depth, 1e-3), -1)
        scale = self.distance * near
        return np.stack([seen[:, 0] * scale, -seen[:, 1] * scale, near], axis=1).astype(np.float32)


_SIDES = np.array([[0, 0, 1], [0, 0, -1], [1, 0, 0], [-1, 0, 0], [0, 1, 0]], np.float32)
_CHANCES = {
    -1: (0.45, 0.43, 0.08, 0.02, 0.02),
    0: (0.22, 0.26, 0.2, 0.14, 0.18),
    1: (0.34, 0.34, 0.15, 0.12, 0.05),
    2: (0.36, 0.34, 0.15, 0.1, 0.05),
}


def drawn_camera(label: int, centre: Numbers, rng: Rng) -> Camera:
    """From one of the hand's sides, or from anywhere but along the arm; the arm mostly comes from below or a side."""
    while True:
        towards = _SIDES[rng.choice(5, p=_CHANCES[label])]
        towards = towards + rng.normal(0, 0.38, 3) if label < 0 or rng.random() < 0.75 else rng.standard_normal(3)
        towards = towards / np.linalg.norm(towards)
        if towards[1] > -0.55 and (label == 0 or towards[1] < 0.8):
            break
    upwards = np.array([0.0, 1, 0]) if abs(towards[1]) < 0.95 else np.array([0.0, 0, -1])
    right = np.cross(upwards, towards)
    right /= np.linalg.norm(right)
    straight = np.stack([right, np.cross(towards, right), towards])
    base = rng.choice([0, 90, -90, 180], p=[0.44, 0.22, 0.22, 0.12])
    roll = np.deg2rad(base + rng.normal(0, 28))
    rolled = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    distance = float(np.exp(rng.uniform(np.log(4.0), np.log(18.0))))
    return Camera(np.asarray(rolled @ straight, np.float32), centre, distance)


def framed(
    flat: Numbers, hand: NDArray[np.bool_], faces: NDArray[np.int32], rng: Rng
) -> tuple[tuple[int, int], Numbers]:
    """Width and height of the image, and where each vertex is on it, at twice the resolution."""
    low, high = flat[hand, :2].min(0), flat[hand, :2].max(0)
    scale = float(rng.uniform(105, 165) / (high - low).max())
    used = np.unique(faces)
    used = used[flat[used, 2] > 0]
    room = np.maximum(_MOST / scale - (high - low), 0)
    share = np.clip(
        (low - flat[used, :2].min(0)) / np.maximum(flat[used, :2].max(0) - high + low - flat[used, :2].min(0), 1e-3),
        0,
        1,
    )
    start = np.maximum(flat[used, :2].min(0), low - room * share)
    end = np.minimum(flat[used, :2].max(0), high + room * (1 - share))
    width, height = (int(np.ceil(side)) + 4 for side in (end - start) * scale)
    return (width, height), np.asarray(((flat[:, :2] - start) * scale + 2) * FINER, np.float32)
