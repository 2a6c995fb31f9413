"""Anchors with what they should say: the examples that class layers are learnt from.

The targets are those of YOLO's task-aligned assignment (C. Feng et al., "TOOD", 2021) with boxes that are fixed: of the
anchors whose box fits a hand best, each should be as confident as its box is good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.workloads.rps.head.features import Anchors
from core.workloads.rps.matching import overlaps

_POSITIVES = 10
"""Anchors per hand, as in YOLO's own training."""

_POWER = 6.0
"""How fast an anchor's target falls with its overlap, as in YOLO's own training."""

_HARD, _RANDOM = 60, 40
"""Background anchors that are kept per image: those that come closest to a box, and some of the others."""

_AMBIGUOUS = 0.5
"""An anchor whose box covers a hand that well but is not among the best is neither right nor wrong."""


@dataclass(frozen=True, slots=True)
class Examples:
    """``features`` float16, shape (n, channels); ``scale`` int8, shape (n,); ``targets`` float32, shape (n, classes);
    ``weights`` float32, shape (n,): how many anchors each stands for."""

    features: NDArray[np.float16]
    scale: NDArray[np.int8]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scale)


def joined(parts: Sequence[Examples]) -> Examples:
    """All of them as one; at least one."""
    return Examples(
        np.concatenate([one.features for one in parts]),
        np.concatenate([one.scale for one in parts]),
        np.concatenate([one.targets for one in parts]),
        np.concatenate([one.weights for one in parts]),
    )


def examples_of(anchors: Anchors, labels: NDArray[np.int64], boxes: NDArray[np.float32], seed: int = 0) -> Examples:
    """The examples of one image. ``labels`` shape (m,), ``boxes`` shape (m, 4) in pixels of the network's input."""
    targets, ambiguous = _targets(anchors, labels, boxes)
    positive = np.flatnonzero(targets.any(axis=1))
    background = np.flatnonzero(~targets.any(axis=1) & ~ambiguous)
    order = background[np.argsort(-anchors.scores[background].max(axis=1), kind="stable")]
    hard, rest = order[:_HARD], order[_HARD:]
    some = np.random.default_rng(seed).choice(rest, min(_RANDOM, len(rest)), replace=False)
    kept = np.concatenate([positive, hard, some])
    stands_for = np.ones(len(kept), np.float32)
    stands_for[len(positive) + len(hard) :] = len(rest) / max(len(some), 1)
    return Examples(anchors.features[kept].astype(np.float16), anchors.scale[kept], targets[kept], stands_for)


def _targets(
    anchors: Anchors, labels: NDArray[np.int64], boxes: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    targets = np.zeros(anchors.scores.shape, np.float32)
    if not len(labels):
        return targets, np.zeros(len(targets), bool)
    shares = overlaps(anchors.boxes, boxes)
    for column, label in enumerate(labels):
        best = np.argsort(-shares[:, column], kind="stable")[:_POSITIVES]
        best = best[shares[best, column] > 0]
        if len(best):
            top = shares[best[0], column]
            given = top * (shares[best, column] / top) ** _POWER
            targets[best, label] = np.maximum(targets[best, label], given)
    return targets, (shares.max(axis=1) >= _AMBIGUOUS) & ~targets.any(axis=1)
