"""A depth buffer with which triangle and where in it, and values over triangles, compiled by numba."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

_compiled: Any = numba.njit(cache=True, fastmath=True)


@_compiled
def _area(a, b, c):  # type: ignore[no-untyped-def]
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


@_compiled
def _reach(a, b, c, height, width):  # type: ignore[no-untyped-def]
    """First and last column and row whose middles a triangle may cover."""
    left = max(0, int(np.ceil(min(a[0], b[0], c[0]) - 0.5)))
    right = min(width - 1, int(np.floor(max(a[0], b[0], c[0]) - 0.5)))
    top = max(0, int(np.ceil(min(a[1], b[1], c[1]) - 0.5)))
    bottom = min(height - 1, int(np.floor(max(a[1], b[1], c[1]) - 0.5)))
    return left, right, top, bottom


@_compiled
def _shares(a, b, c, area, x, y):  # type: ignore[no-untyped-def]
    """How much of the second and of the third corner there is at a point; negative, or more than 1, outside."""
    v = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area
    w = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area
    return v, w


@_compiled
def rasterise(points, faces, height, width, cull):  # type: ignore[no-untyped-def]
    """``points`` (n, 3): x, y in pixels, 1 / depth. Returns 1 / depth (0: nothing), face (-1: none), two weights.

    Weights are perspective-correct. ``cull``: leave out faces that show their back.
    """
    near = np.zeros((height, width), np.float32)
    which = np.full((height, width), -1, np.int32)
    first = np.zeros((height, width), np.float32)
    second = np.zeros((height, width), np.float32)
    for face in range(len(faces)):
        a, b, c = points[faces[face, 0]], points[faces[face, 1]], points[faces[face, 2]]
        area = _area(a, b, c)
        if abs(area) < 1e-9 or (cull and area > 0) or a[2] <= 0 or b[2] <= 0 or c[2] <= 0:
            continue
        left, right, top, bottom = _reach(a, b, c, height, width)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                v, w = _shares(a, b, c, area, column + 0.5, row + 0.5)
                u = 1 - v - w
                if u < 0 or v < 0 or w < 0:
                    continue
                closeness = u * a[2] + v * b[2] + w * c[2]
                if closeness > near[row, column]:
                    near[row, column] = closeness
                    which[row, column] = face
                    first[row, column] = u * a[2] / closeness
                    second[row, column] = v * b[2] / closeness
    return near, which, first, second


@_compiled
def spread(values, faces, which, first, second, rows, columns):  # type: ignore[no-untyped-def]
    """``values`` (n, k) of vertices at the pixels ``rows``, ``columns``; float32 (pixels, k)."""
    out = np.empty((len(rows), values.shape[1]), np.float32)
    for pixel in range(len(rows)):
        row, column = rows[pixel], columns[pixel]
        corners = faces[which[row, column]]
        u, v = first[row, column], second[row, column]
        w = 1 - u - v
        for k in range(values.shape[1]):
            out[pixel, k] = u * values[corners[0], k] + v * values[corners[1], k] + w * values[corners[2], k]
    return out


@_compiled
def _depths(points, faces, size):  # type: ignore[no-untyped-def]
    deep = np.full((size, size), -1e9, np.float32)
    for face in range(len(faces)):
        a, b, c = points[faces[face, 0]], points[faces[face, 1]], points[faces[face, 2]]
        area = _area(a, b, c)
        if abs(area) < 1e-12:
            continue
        left, right, top, bottom = _reach(a, b, c, size, size)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                v, w = _shares(a, b, c, area, column + 0.5, row + 0.5)
                if v < 0 or w < 0 or v + w > 1:
                    continue
                depth = (1 - v - w) * a[2] + v * b[2] + w * c[2]
                if depth > deep[row, column]:
                    deep[row, column] = depth
    return deep


@_compiled
def seen_from(direction, vertices, faces, asked, size, bias, soft):  # type: ignore[no-untyped-def]
    """How much of a far light at ``direction`` reaches each point of ``asked`` (n, 3): 0 to 1, float32.

    A shadow map of ``size`` pixels; ``soft``: how many pixels round a point are asked.
    """
    if abs(direction[2]) < 0.9:
        right = np.array([-direction[1], direction[0], 0.0])
    else:
        right = np.array([0.0, -direction[2], direction[1]])
    right = right / np.sqrt((right * right).sum())
    up = np.cross(direction, right)
    low = np.array([1e9, 1e9])
    high = np.array([-1e9, -1e9])
    turned = np.empty((len(vertices), 3), np.float32)
    for index in range(len(vertices)):
        p = vertices[index]
        x = p[0] * right[0] + p[1] * right[1] + p[2] * right[2]
        y = p[0] * up[0] + p[1] * up[1] + p[2] * up[2]
        turned[index, 0], turned[index, 1] = x, y
        turned[index, 2] = p[0] * direction[0] + p[1] * direction[1] + p[2] * direction[2]
        low[0], low[1] = min(low[0], x), min(low[1], y)
        high[0], high[1] = max(high[0], x), max(high[1], y)
    scale = (size - 3) / max(high[0] - low[0], high[1] - low[1])
    for index in range(len(turned)):
        turned[index, 0] = (turned[index, 0] - low[0]) * scale + 1.5
        turned[index, 1] = (turned[index, 1] - low[1]) * scale + 1.5
    deep = _depths(turned, faces, size)
    light = np.empty(len(asked), np.float32)
    for index in range(len(asked)):
        p = asked[index]
        x = ((p[0] * right[0] + p[1] * right[1] + p[2] * right[2]) - low[0]) * scale + 1.5
        y = ((p[0] * up[0] + p[1] * up[1] + p[2] * up[2]) - low[1]) * scale + 1.5
        depth = p[0] * direction[0] + p[1] * direction[1] + p[2] * direction[2] + bias
        got, of = 0.0, 0.0
        for down in range(-soft, soft + 1):
            for across in range(-soft, soft + 1):
                row, column = int(y) + down, int(x) + across
                of += 1
                if row < 0 or column < 0 or row >= size or column >= size or deep[row, column] <= depth:
                    got += 1
        light[index] = got / of
    return light
