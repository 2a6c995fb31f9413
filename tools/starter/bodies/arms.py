"""Forearms with hands in one frame: wrist at the origin, y to the middle knuckle, z out of the palm, x = y cross z.

The unit is the distance from wrist to middle knuckle, about 9 cm of a grown-up's hand. All arms are right arms.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.starter.bodies.extract import BONES
from tools.starter.bodies.meshes import Mesh, normals, subdivided

Numbers = NDArray[np.float32]

WRIST = BONES.index("wrist.R")
ELBOW = 0
THUMB = tuple(BONES.index(f"finger1-{part}.R") for part in (1, 2, 3))
FINGERS = tuple(tuple(BONES.index(f"finger{finger}-{part}.R") for part in (1, 2, 3)) for finger in (2, 3, 4, 5))
"""Bones of index, middle, ring and little finger, from the palm outwards."""
PARENTS = (-1, 0, 1, 2, 2, 2, 2, 2, 7, 8, 3, 10, 11, 4, 13, 14, 5, 16, 17, 6, 19, 20)


@dataclass(frozen=True, slots=True)
class Finger:
    """``directions`` (3, 3) of its bones at rest; ``axis``: a turn about it bends; ``radius`` of its last bones."""

    bones: tuple[int, ...]
    heads: Numbers
    directions: Numbers
    middle: Numbers
    axis: Numbers
    dorsal: Numbers
    radius: float


@dataclass(frozen=True, slots=True)
class Arm:
    """One person's arm at rest. ``coarse``: as extracted, ``mesh``: smoother; both with weights of the bones."""

    coarse: Mesh
    mesh: Mesh
    heads: Numbers
    weights: Numbers
    coarse_weights: Numbers
    nails: Numbers
    thumb: Finger
    fingers: tuple[Finger, ...]
    smooth: Any


class Arms:
    """The people in a file that :mod:`tools.starter.bodies.extract` wrote."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as data:
            self._vertices, self._heads = data["vertices"], data["heads"]
            self._weights, self._faces, self._nails = data["weights"], data["faces"], data["nails"]
        self._matrix, self._fine = subdivided(self._faces, len(self._weights))
        self._kept: dict[int, Arm] = {}

    def __len__(self) -> int:
        return len(self._vertices)

    def arm(self, index: int) -> Arm:
        """Person ``index``; the same object on each call."""
        if index not in self._kept:
            self._kept[index] = self._made(index)
        return self._kept[index]

    def _made(self, index: int) -> Arm:
        vertices, heads = framed(self._vertices[index], self._heads[index], self._weights, self._faces, self._nails)
        coarse = Mesh(vertices, self._faces)
        shown = normals(vertices, self._faces)
        chains = [_finger(bones, vertices, heads, self._weights, shown, self._nails) for bones in (THUMB, *FINGERS)]
        fine = np.asarray(self._matrix @ vertices, np.float32)
        weights = np.asarray(self._matrix @ self._weights, np.float32)
        return Arm(
            coarse,
            Mesh(fine, self._fine),
            heads,
            weights,
            self._weights,
            np.asarray(self._matrix @ self._nails, np.float32),
            chains[0],
            tuple(chains[1:]),
            self._matrix,
        )


def framed(
    vertices: Numbers, heads: Numbers, weights: Numbers, faces: NDArray[np.int32], nails: Numbers
) -> tuple[Numbers, Numbers]:
    """Vertices and heads of bones in the frame of this module."""
    wrist, knuckle = heads[WRIST], heads[FINGERS[1][0]]
    forward = knuckle - wrist
    unit = np.linalg.norm(forward)
    y = forward / unit
    across = heads[FINGERS[0][0]] - heads[FINGERS[3][0]]
    palm = np.cross(across, y)
    of_fingers = weights[:, [finger[2] for finger in FINGERS]].sum(1) > 0.5
    nail = normals(vertices, faces)[(nails > 0.4) & of_fingers].mean(0)
    palm = palm if palm @ nail < 0 else -palm
    z = palm - (palm @ y) * y
    z /= np.linalg.norm(z)
    turn = np.stack([np.cross(y, z), y, z])
    return (
        np.asarray((vertices - wrist) @ turn.T / unit, np.float32),
        np.asarray((heads - wrist) @ turn.T / unit, np.float32),
    )


def _finger(
    bones: tuple[int, ...], vertices: Numbers, heads: Numbers, weights: Numbers, shown: Numbers, nails: Numbers
) -> Finger:
    last = weights[:, bones[2]] > 0.5
    nail = shown[last & (nails > 0.4)].mean(0)
    middle = vertices[last].mean(0)
    joints = np.stack([*heads[list(bones)], 2 * middle - heads[bones[2]]])
    along = np.diff(joints, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    axis = np.cross(along[1], -nail)
    axis /= np.linalg.norm(axis)
    off = vertices[last] - heads[bones[2]]
    off -= (off @ along[2])[:, None] * along[2]
    radius = float(np.linalg.norm(off, axis=1).mean())
    return Finger(bones, joints[:3], along, middle, axis, np.cross(along[1], axis), radius)
