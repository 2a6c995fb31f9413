"""What a point of the skin is, told by where it lies on the resting arm: back or palm, near which joint, nail."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.starter.bodies.arms import FINGERS, THUMB, Arm
from tools.starter.bodies.meshes import normals

Numbers = NDArray[np.float32]

FAR = 9.0
_WRIST = -0.12
"""Where boxes end: the boxes that people drew on photographs reach less far than the joint."""


class Marks(NamedTuple):
    """Values of each vertex, or of each pixel. Distances to joints are in radii of the finger, signed.

    ``up``: how far up the arm from the wrist (hand: negative); ``back``: 1 on the back, -1 on the palm side;
    ``tip``: 1 on the last bone of a finger; ``lower``: how far along a finger's first bone, 0 to 1.
    """

    x: Numbers
    y: Numbers
    z: Numbers
    up: Numbers
    knuckle: Numbers
    middle: Numbers
    last: Numbers
    back: Numbers
    nail: Numbers
    tip: Numbers
    lower: Numbers
    finger: Numbers


def marks(arm: Arm) -> Marks:
    """Of each vertex of the arm's smooth mesh."""
    vertices = arm.mesh.vertices
    shown = normals(vertices, arm.mesh.faces)
    elbow = arm.heads[0] / np.linalg.norm(arm.heads[0])
    count = len(vertices)
    joints = np.full((3, count), FAR, np.float32)
    back = -shown[:, 2].copy()
    tip, lower, which = np.zeros(count, np.float32), np.full(count, FAR, np.float32), np.full(count, FAR, np.float32)
    for index, finger in enumerate((arm.thumb, *arm.fingers)):
        of = arm.weights[:, list(finger.bones)]
        mine = of.sum(1) > 0.5
        for part in range(3):
            off = (vertices[mine] - finger.heads[part]) @ finger.directions[part]
            joints[part, mine] = off / finger.radius
        share = of.sum(1)[mine]
        back[mine] = share * (shown[mine] @ finger.dorsal) + (1 - share) * back[mine]
        tip[mine] = of[mine, 2]
        length = np.linalg.norm(finger.heads[1] - finger.heads[0])
        lower[mine] = joints[0, mine] * finger.radius / length
        which[mine] = index
    x, y, z = vertices.T
    up = vertices @ elbow
    return Marks(x, y, z, up, joints[0], joints[1], joints[2], back, arm.nails, tip, lower, which)


def of_hand(arm: Arm) -> NDArray[np.bool_]:
    """Vertices that the labels of photographs count to the hand: up to the wrist."""
    fingers = [bone for finger in (THUMB, *FINGERS) for bone in finger]
    elbow = arm.heads[0] / np.linalg.norm(arm.heads[0])
    return np.asarray((arm.mesh.vertices @ elbow < _WRIST) | (arm.weights[:, fingers].sum(1) > 0.5))
