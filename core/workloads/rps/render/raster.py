"""Round cones to depth, owners and normals, by closed form, each cone in its own rectangle of the image.

The rays are parallel to z (perspective is put into the cones beforehand), which leaves few operations per pixel.
Intersection after Inigo Quilez, "Rounded cone" (https://iquilezles.org/articles/intersectors/). Normals come from
the distance to *all* near cones, so that limbs flow into each other instead of showing the joints of a doll.
They, and all that follows, are worked out for the pixels that show a limb, not for those round it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.workloads.rps.render.arrays import Floats, Whole
from core.workloads.rps.render.skeleton import FOREARM, PALM, SLEEVE, Cones

FAR = np.float32(1e6)
# How far limbs flow into each other, in radii: much in palm and arm, little between fingers.
_SOFT = {PALM: 0.35, 1: 0.3, FOREARM: 0.8, SLEEVE: 0.9}


@dataclass(frozen=True, slots=True)
class Surface:
    """What is seen, one entry per pixel that shows something, in reading order.

    ``depth``: the whole buffer, shape (height, width), pixels, growing away from the camera, ``FAR`` where nothing
    is. ``row``, ``column``: where the seen pixels are. ``place`` (3, n): their points; ``owner`` (n,): index of
    the cone; ``normal`` (3, n): unit vectors, z negative towards the camera; ``contact`` (n,): 0 to 1, how near
    another digit is.
    """

    depth: Floats
    row: Whole
    column: Whole
    place: Floats
    owner: Whole
    normal: Floats
    contact: Floats


def rasterise(cones: Cones, width: int, height: int) -> Surface:
    """Draw ``cones`` (in pixels of the buffer) with the nearest surface winning."""
    depth = np.full((height, width), FAR, np.float32)
    owner = np.full((height, width), -1, np.int16)
    for index in range(len(cones.ra)):
        window = _window(cones, index, width, height)
        if window is None:
            continue
        found = _front(cones, index, window)
        nearer = found < depth[window]
        np.copyto(depth[window], found, where=nearer)
        owner[window][nearer] = index
    row, column = np.nonzero(owner >= 0)
    place = np.stack((column + np.float32(0.5), row + np.float32(0.5), depth[row, column])).astype(np.float32)
    owners = owner[row, column]
    normal, contact = _normals(cones, place, owners)
    return Surface(depth, row, column, place, owners, normal, contact)


Window = tuple[slice, slice]


def _window(cones: Cones, index: int, width: int, height: int) -> Window | None:
    """The rectangle that a cone covers, or None when it is outside the image."""
    a, b, ra, rb = cones.a[index], cones.b[index], cones.ra[index], cones.rb[index]
    left, right = min(a[0] - ra, b[0] - rb), max(a[0] + ra, b[0] + rb)
    top, bottom = min(a[1] - ra, b[1] - rb), max(a[1] + ra, b[1] + rb)
    x0, x1 = max(int(left), 0), min(int(right) + 2, width)
    y0, y1 = max(int(top), 0), min(int(bottom) + 2, height)
    return (slice(y0, y1), slice(x0, x1)) if x0 < x1 and y0 < y1 else None


def _front(cones: Cones, index: int, window: Window) -> Floats:
    """Depth of one cone's nearest surface, ``FAR`` beside it."""
    a, b, ra, rb = cones.a[index], cones.b[index], cones.ra[index], cones.rb[index]
    rows, columns = window
    x = np.arange(columns.start, columns.stop, dtype=np.float32)[None] + np.float32(0.5)
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + np.float32(0.5)
    from_a = (x - a[0]) ** 2 + (y - a[1]) ** 2
    found = np.minimum(_ball(from_a, a[2], ra), _ball((x - b[0]) ** 2 + (y - b[1]) ** 2, b[2], rb))
    axis, shrink = b - a, ra - rb
    d2 = axis @ axis - shrink * shrink
    k2 = d2 - axis[2] * axis[2]
    if d2 <= 0 or k2 <= 1e-6:  # one ball hides the other, or we look along the bone: the balls are all there is
        return found
    m1 = (x - a[0]) * axis[0] + (y - a[1]) * axis[1]  # from a's own depth, so Quilez' m3 is 0
    k1 = axis[2] * (shrink * ra - m1)
    k0 = d2 * from_a - m1 * m1 + (2 * shrink * ra) * m1 - (axis @ axis) * ra * ra
    h = k1 * k1 - k0 * k2
    reach = -(np.sqrt(np.maximum(h, 0)) + k1) / k2
    along = m1 - ra * shrink + reach * axis[2]
    on_body = (h >= 0) & (along > 0) & (along < d2)
    return np.where(on_body, np.minimum(found, reach + a[2]), found)


def _ball(squared: Floats, centre: float, radius: float) -> Floats:
    inside = radius * radius - squared
    return np.where(inside > 0, centre - np.sqrt(np.maximum(inside, 0)), FAR)


def _normals(cones: Cones, place: Floats, owner: Whole) -> tuple[Floats, Floats]:
    """Blend the directions away from all near cones; note where another digit is about to touch."""
    total = np.zeros_like(place)
    contact = np.zeros(place.shape[1], np.float32)
    part = cones.part[owner]
    unit = float(np.median(cones.ra))
    # Forearms and sleeves are several times thicker than fingers and flow as much wider.
    softness = [
        _SOFT.get(own, 0.12) * (unit if own < FOREARM else radius)
        for own, radius in zip(cones.part.tolist(), cones.ra.tolist(), strict=True)
    ]
    margins = np.maximum(2.2 * np.array(softness, np.float32), 0.6 * unit)
    for index, near in enumerate(_near(cones, place, margins)):
        own, soft = int(cones.part[index]), softness[index]
        outside, away = _distance(cones, index, np.take(place, near, 1))
        total[:, near] += away * np.exp(np.maximum(outside / -soft, -20))
        if 0 < own < FOREARM:
            touch = np.exp(np.maximum(outside / (-0.3 * unit), -20)) * (part[near] != own)
            contact[near] = np.maximum(contact[near], touch)
    total /= np.maximum(np.sqrt(total[0] ** 2 + total[1] ** 2 + total[2] ** 2), 1e-6)
    return total, contact


def _near(cones: Cones, place: Floats, margins: Floats) -> Iterator[Whole]:
    """For each cone, which of the places may lie within its margin: those in its rectangle."""
    reach = (np.maximum(cones.ra, cones.rb) + margins)[:, None]
    low, high = np.minimum(cones.a, cones.b)[:, :2] - reach, np.maximum(cones.a, cones.b)[:, :2] + reach
    firsts, lasts = (np.searchsorted(place[1], border[:, 1]).tolist() for border in (low, high))  # rows ascend
    for first, last, left, right in zip(firsts, lasts, low[:, 0], high[:, 0], strict=True):
        x = place[0, first:last]
        yield first + np.flatnonzero((x >= left) & (x <= right))


def _distance(cones: Cones, index: int, place: Floats) -> tuple[Floats, Floats]:
    """How far places are from one cone's surface (n,), and the direction away from its axis (3, n)."""
    a, axis = cones.a[index], cones.b[index] - cones.a[index]
    away = place - a[:, None]
    share = (axis / max(float(axis @ axis), 1e-6)) @ away
    share = np.clip(share, 0, 1)
    away -= axis[:, None] * share
    length = np.sqrt(away[0] ** 2 + away[1] ** 2 + away[2] ** 2)
    away /= np.maximum(length, 1e-6)
    return length - (cones.ra[index] + share * (cones.rb[index] - cones.ra[index])), away
