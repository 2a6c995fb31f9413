"""Round cones to depth, normals and owners, by closed form, each cone in its own rectangle of the picture.

The rays are parallel to z (perspective is put into the cones beforehand), which leaves few operations per pixel.
Intersection after Inigo Quilez, "Rounded cone" (https://iquilezles.org/articles/intersectors/). Normals come from
the distance to *all* near cones, so that limbs flow into each other instead of showing the joints of a doll.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.workloads.rps.render.gestures import Floats
from core.workloads.rps.render.skeleton import FOREARM, PALM, Cones

FAR = np.float32(1e6)
_FLESH = (PALM, 1, FOREARM)


@dataclass(frozen=True, slots=True)
class Buffers:
    """What is seen at each pixel, all of shape (height, width) or (height, width, 3).

    ``depth`` in pixels, growing away from the camera, ``FAR`` where nothing is; ``owner`` index of the cone or
    -1; ``normal`` unit vectors, z negative towards the camera; ``contact`` 0 to 1, how near another digit is.
    """

    depth: Floats
    owner: NDArray[np.int16]
    normal: Floats
    contact: Floats


def rasterise(cones: Cones, width: int, height: int) -> Buffers:
    """Draw ``cones`` (in pixels of the buffers) with the nearest surface winning."""
    depth = np.full((height, width), FAR, np.float32)
    owner = np.full((height, width), -1, np.int16)
    for index in range(len(cones.ra)):
        window = _window(cones, index, width, height, 0.0)
        if window is None:
            continue
        surface = _surface(cones, index, window)
        nearer = surface < depth[window]
        depth[window][nearer] = surface[nearer]
        owner[window][nearer] = index
    normal, contact = _normals(cones, depth, owner)
    return Buffers(depth, owner, normal, contact)


Window = tuple[slice, slice]


def _window(cones: Cones, index: int, width: int, height: int, margin: float) -> Window | None:
    """The rectangle that a cone covers, or None when it is outside the picture."""
    a, b, ra, rb = cones.a[index], cones.b[index], cones.ra[index] + margin, cones.rb[index] + margin
    left, right = min(a[0] - ra, b[0] - rb), max(a[0] + ra, b[0] + rb)
    top, bottom = min(a[1] - ra, b[1] - rb), max(a[1] + ra, b[1] + rb)
    x0, x1 = max(int(left), 0), min(int(right) + 2, width)
    y0, y1 = max(int(top), 0), min(int(bottom) + 2, height)
    return (slice(y0, y1), slice(x0, x1)) if x0 < x1 and y0 < y1 else None


def _grid(window: Window) -> tuple[Floats, Floats]:
    """Centres of the window's pixels: x as a row, y as a column."""
    rows, columns = window
    x = np.arange(columns.start, columns.stop, dtype=np.float32) + np.float32(0.5)
    y = np.arange(rows.start, rows.stop, dtype=np.float32) + np.float32(0.5)
    return x[None, :], y[:, None]


def _surface(cones: Cones, index: int, window: Window) -> Floats:
    """Depth of one cone's nearest surface, ``FAR`` beside it."""
    a, b, ra, rb = cones.a[index], cones.b[index], cones.ra[index], cones.rb[index]
    x, y = _grid(window)
    from_a, from_b = (x - a[0]) ** 2 + (y - a[1]) ** 2, (x - b[0]) ** 2 + (y - b[1]) ** 2
    found = np.minimum(_ball(from_a, a[2], ra), _ball(from_b, b[2], rb))
    axis, shrink = b - a, ra - rb
    d2 = axis @ axis - shrink * shrink
    k2 = d2 - axis[2] * axis[2]
    if d2 <= 0 or k2 <= 1e-6:  # one ball hides the other, or we look along the bone: the balls are all there is
        return found
    m1 = (x - a[0]) * axis[0] + (y - a[1]) * axis[1]  # relative to a's depth, so m3 is 0
    k1 = axis[2] * (shrink * ra - m1)
    k0 = d2 * from_a - m1 * m1 + (2 * shrink * ra) * m1 - (axis @ axis) * ra * ra
    h = k1 * k1 - k0 * k2
    reach = -(np.sqrt(np.maximum(h, 0)) + k1) / k2
    along = m1 - ra * shrink + reach * axis[2]
    on_body = (h >= 0) & (along > 0) & (along < d2)
    return np.where(on_body, np.minimum(found, reach + a[2]), found)


def _ball(squared: Floats, centre: float, radius: float) -> Floats:
    inside = radius * radius - squared
    return np.where(inside > 0, centre - np.sqrt(np.maximum(inside, 0)), FAR).astype(np.float32)


def _normals(cones: Cones, depth: Floats, owner: NDArray[np.int16]) -> tuple[Floats, Floats]:
    """Blend the directions away from all near cones; note where another digit is about to touch."""
    height, width = depth.shape
    total = np.zeros((height, width, 3), np.float32)
    contact = np.zeros((height, width), np.float32)
    part = np.append(cones.part, -1)[owner]
    unit = float(np.median(cones.ra))
    for index in range(len(cones.ra)):
        soft = unit * (0.35 if cones.part[index] in _FLESH else 0.12)
        window = _window(cones, index, width, height, 2.5 * soft)
        if window is None:
            continue
        outside, direction = _distance(cones, index, window, depth[window])
        weight = np.exp(np.clip(-outside / soft, -8, 0))
        total[window] += direction * weight[..., None]
        other = part[window] != cones.part[index]
        contact[window] = np.maximum(contact[window], np.exp(np.clip(-outside / (unit * 0.3), -8, 0)) * other)
    total /= np.maximum(np.sqrt((total * total).sum(2, keepdims=True)), 1e-6)
    return total, contact


def _distance(cones: Cones, index: int, window: Window, depth: Floats) -> tuple[Floats, Floats]:
    """How far the seen surface is from one cone's, and the direction away from its axis."""
    a, axis = cones.a[index], cones.b[index] - cones.a[index]
    x, y = _grid(window)
    px, py, pz = x - a[0], y - a[1], depth - a[2]
    share = (px * axis[0] + py * axis[1] + pz * axis[2]) / max(float(axis @ axis), 1e-6)
    share = np.clip(share, 0, 1)
    away = np.empty((*share.shape, 3), np.float32)
    away[..., 0], away[..., 1], away[..., 2] = px - share * axis[0], py - share * axis[1], pz - share * axis[2]
    length = np.sqrt((away * away).sum(2))
    away /= np.maximum(length, 1e-6)[..., None]
    radius = cones.ra[index] + share * (cones.rb[index] - cones.ra[index])
    return length - radius, away
