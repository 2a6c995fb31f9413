"""Triangle meshes: normals, one step of Loop's subdivision, the smoothing of values over the surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, diags

Numbers = NDArray[np.float32]
Faces = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Mesh:
    """``vertices`` (n, 3) and ``faces`` (m, 3), counter-clockwise from outside."""

    vertices: Numbers
    faces: Faces


def normals(vertices: Numbers, faces: Faces) -> Numbers:
    """Unit normals of the vertices, weighted by the area of the faces round them; shape (n, 3)."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    flat = np.cross(b - a, c - a)
    total = np.zeros((len(vertices), 3), np.float64)
    for axis in range(3):
        for corner in range(3):
            total[:, axis] += np.bincount(faces[:, corner], flat[:, axis], len(vertices))
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(total / np.maximum(length, 1e-12), np.float32)


def subdivided(faces: Faces, count: int) -> tuple[csr_matrix, Faces]:
    """Loop's scheme: the matrix from ``count`` old vertices to old and new ones, and the four times as many faces."""
    sides = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    opposite = np.concatenate([faces[:, 2], faces[:, 0], faces[:, 1]])
    edges, where, often = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True, return_counts=True)
    where = where.ravel()
    inner = often == 2
    rows, columns, values = [], [], []
    ends = np.where(inner, 3 / 8, 1 / 2)
    new = count + np.arange(len(edges))
    for end in range(2):
        rows.append(new)
        columns.append(edges[:, end])
        values.append(ends)
    rows.append(count + where)
    columns.append(opposite)
    values.append(np.where(inner[where], 1 / 8, 0.0))
    stay = _old(edges, inner, count)
    matrix = coo_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (count + len(edges), count)
    ).tocsr()
    padded = coo_matrix((stay.data, (stay.tocoo().row, stay.tocoo().col)), matrix.shape).tocsr()
    middles = count + where.reshape(3, -1).T
    a, b, c = faces.T
    ab, bc, ca = middles.T
    parts = [(a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca)]
    fine = np.concatenate([np.stack(part, axis=1) for part in parts]).astype(np.int32)
    return (matrix + padded).tocsr().astype(np.float32), fine


def _old(edges: NDArray[np.int32], inner: NDArray[np.bool_], count: int) -> csr_matrix:
    """Where old vertices go: towards the mean of their neighbours, at a rim only along the rim."""
    rim = np.zeros(count, bool)
    rim[edges[~inner].ravel()] = True
    used = inner | ~inner
    both = np.concatenate([edges[used], edges[used][:, ::-1]])
    outer = np.concatenate([~inner, ~inner])
    allowed = ~rim[both[:, 0]] | outer
    both = both[allowed]
    degree = np.maximum(np.bincount(both[:, 0], minlength=count), 1)
    share = np.where(rim, 1 / 4, np.where(degree > 3, 3 / 8, 9 / 16))
    pull = coo_matrix((share[both[:, 0]] / degree[both[:, 0]], (both[:, 0], both[:, 1])), (count, count)).tocsr()
    return (diags(1 - share) + pull).tocsr()


def averaging(faces: Faces, count: int) -> csr_matrix:
    """The matrix that replaces each vertex's value by the mean of its own and its neighbours'."""
    sides = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    both = np.concatenate([sides, sides[:, ::-1]])
    links = coo_matrix((np.ones(len(both), np.float32), (both[:, 0], both[:, 1])), (count, count)).tocsr()
    links.data[:] = 1
    links = links + diags(np.ones(count, np.float32))
    return (diags(1 / np.asarray(links.sum(1)).ravel()) @ links).tocsr().astype(np.float32)
