"""The view of a hand, and the projection of its cones into the image."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.workloads.rps.render.arrays import Floats
from core.workloads.rps.render.skeleton import Cones

_TO_CAMERA = np.diag((1.0, -1.0, -1.0))  # the hand's y is up and its z towards the viewer, the camera's are not


@dataclass(frozen=True, slots=True)
class View:
    """Rotation from the hand's frame to the camera's (3, 3), distance in palms, pixels per palm, wrist's place."""

    rotation: Floats
    distance: float
    scale: float
    at: tuple[float, float]


def turn(axis: int, degrees: float) -> Floats:
    """Rotation about one axis, shape (3, 3)."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    rotation = np.eye(3)
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    rotation[i, i], rotation[i, j], rotation[j, i], rotation[j, j] = c, -s, s, c
    return rotation.astype(np.float32)


def rotation_of(random: np.random.Generator) -> Floats:
    """Palm, back or edge towards the camera, fingers up, sideways or in any direction."""
    kind = random.random()
    if kind < 0.33:  # shown to the camera
        facing, tilt = random.choice((0, 180)) + random.normal(0, 25), random.normal(0, 18)
        roll = random.normal(0, 30)
    elif kind < 0.7:  # thrown at an opponent beside: pointing left or right
        facing, tilt = random.uniform(0, 360), random.normal(0, 20)
        roll = random.choice((-90, 90)) + random.normal(0, 25)
    elif kind < 0.85:  # thrown at the camera
        facing, tilt = random.uniform(0, 360), random.choice((-1, 1)) * random.uniform(25, 75)
        roll = random.normal(0, 50)
    else:
        facing, tilt, roll = random.uniform(0, 360), random.uniform(-80, 80), random.uniform(0, 360)
    turned = turn(2, roll) @ turn(0, tilt) @ _TO_CAMERA @ turn(1, facing)
    return np.asarray(turned, np.float32)


def project(cones: Cones, view: View, mirrored: bool) -> Cones:
    """The cones in pixels, depth included, with perspective put into places and radii."""
    flip = np.array((-1.0 if mirrored else 1.0, 1.0, 1.0), np.float32)
    a, near_a = _place(cones.a * flip, view)
    b, near_b = _place(cones.b * flip, view)
    dorsal = (cones.dorsal * flip) @ view.rotation.T
    return replace(cones, a=a, b=b, ra=cones.ra * near_a, rb=cones.rb * near_b, dorsal=dorsal)


def _place(points: Floats, view: View) -> tuple[Floats, Floats]:
    """Points in pixels, and pixels per palm at each."""
    turned = points @ view.rotation.T
    per_palm = view.scale * view.distance / np.maximum(view.distance + turned[:, 2], 0.6)
    placed = turned * per_palm[:, None]
    placed[:, 2] = turned[:, 2] * view.scale
    placed[:, 0] += view.at[0]
    placed[:, 1] += view.at[1]
    return placed.astype(np.float32), per_palm.astype(np.float32)


def palm_coordinates(place: Floats, view: View) -> tuple[Floats, Floats]:
    """Back from points in pixels (3, n) to the hand's own x and y (n,), in palms (of a hand that is not mirrored)."""
    z = place[2] / np.float32(view.scale)
    per_palm = np.float32(view.scale * view.distance) / np.maximum(np.float32(view.distance) + z, 0.6)
    turned = np.stack(((place[0] - view.at[0]) / per_palm, (place[1] - view.at[1]) / per_palm, z)).astype(np.float32)
    own = view.rotation.T[:2] @ turned
    return own[0], own[1]
