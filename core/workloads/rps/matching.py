"""Matches predicted boxes to true boxes; the records are the input of metrics and tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Detections

IOU = 0.5


@dataclass(frozen=True, slots=True)
class Record:
    """The evaluation of the boxes on one image.

    ``scores`` float32, ``labels`` int64 and ``right`` bool, shape (n,), one entry per predicted box, most confident
    first; ``truths`` int64, shape (classes,): the number of true boxes per class.
    """

    scores: NDArray[np.float32]
    labels: NDArray[np.int64]
    right: NDArray[np.bool_]
    truths: NDArray[np.int64]


def overlaps(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of each box of ``first``, shape (n, 4), with each of ``second``, (m, 4): (n, m)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (first, second)]
    together = areas[0][:, None] + areas[1][None, :] - shared
    return np.asarray(shared / np.maximum(together, 1e-9), np.float32)


def judge(found: Detections, true_labels: NDArray[np.int64], true_boxes: NDArray[np.float32], classes: int) -> Record:
    """Match as in COCO: from the most confident down, each box takes the free true box of its class with the largest
    IoU, if at least 0.5.
    """
    shares = overlaps(found.boxes, true_boxes) * (found.labels[:, None] == true_labels[None, :])
    right = pairs(shares) >= 0
    return Record(found.scores, found.labels, right, np.bincount(true_labels, minlength=classes))


def pairs(shares: NDArray[np.float32]) -> NDArray[np.int64]:
    """For each row the matched column, or -1: greedy from the first row down, each column once, from ``IOU`` up."""
    free = shares.copy()
    taken = np.full(len(shares), -1, np.int64)
    for row in range(len(shares)) if shares.shape[1] else ():
        column = int(free[row].argmax())
        if free[row, column] >= IOU:
            taken[row] = column
            free[:, column] = -1
    return taken


def confusion(
    found: Detections, true_labels: NDArray[np.int64], true_boxes: NDArray[np.float32], classes: int
) -> NDArray[np.int64]:
    """Counts, shape (classes + 1, classes + 1): true class by predicted class; the last of each is "no box".

    Boxes are matched by position alone, so that a paper predicted as rock counts as a confusion, not as a miss and a
    false positive.
    """
    counts = np.zeros((classes + 1, classes + 1), np.int64)
    taken = pairs(overlaps(found.boxes, true_boxes))
    for row, column in enumerate(taken):
        counts[true_labels[column] if column >= 0 else classes, found.labels[row]] += 1
    for column in set(range(len(true_labels))) - set(taken.tolist()):
        counts[true_labels[column], classes] += 1
    return counts
