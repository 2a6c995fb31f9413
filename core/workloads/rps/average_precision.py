"""mAP50 and its bootstrap distribution.

Average precision is the area under the precision-recall curve, with precision made monotone and every point counted
(PASCAL VOC since 2010, "all points"); boxes are matched as in COCO (:mod:`core.workloads.rps.matching`) at an IoU of
0.5. The mean is over the classes that occur among the true boxes.

The bootstrap (B. Efron, 1979) draws whole images with replacement. A resample is a row of weights, so a thousand of
them are a thousand weighted sums over boxes that were sorted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.workloads.rps.matching import Record

Floats = NDArray[np.float64]
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The boxes of one class, most confident first: whether each is correct, and the index of its image."""

    right: NDArray[np.bool_]
    picture: NDArray[np.int64]
    truths: NDArray[np.int64]


def average_precisions(records: Sequence[Record], weights: Floats | None = None) -> Floats:
    """AP50 per class, shape (resamples, classes); NaN for a class without true boxes.

    ``weights`` is the multiplicity of each image, shape (resamples, images); by default 1.
    """
    weights = np.ones((1, len(records))) if weights is None else weights
    classes = range(len(records[0].truths))
    return np.stack([_of_class(_sort(records, index), weights) for index in classes], axis=1)


def mean_average_precision(records: Sequence[Record], weights: Floats | None = None) -> Floats:
    """mAP50, shape (resamples,); NaN for a resample without true boxes."""
    found = average_precisions(records, weights)
    known = ~np.isnan(found)
    number = known.sum(axis=1)
    return np.where(number > 0, np.where(known, found, 0).sum(axis=1) / np.maximum(number, 1), np.nan)


def resamples(pictures: int, number: int, seed: int) -> Floats:
    """``number`` draws of ``pictures`` from as many, with replacement, as counts: shape (number, images)."""
    random = np.random.default_rng(seed)
    return random.multinomial(pictures, np.full(pictures, 1 / pictures), size=number).astype(np.float64)


def curve(records: Sequence[Record], label: int) -> tuple[Floats, Floats]:
    """Recall and precision of one class as confidence falls, each of shape (boxes of the model,)."""
    one = _sort(records, label)
    hits = np.cumsum(one.right)
    return hits / max(int(one.truths.sum()), 1), hits / np.arange(1, len(hits) + 1)


def _sort(records: Sequence[Record], label: int) -> _Sorted:
    chosen = [record.labels == label for record in records]
    scores = np.concatenate([record.scores[mask] for record, mask in zip(records, chosen, strict=True)])
    right = np.concatenate([record.right[mask] for record, mask in zip(records, chosen, strict=True)])
    picture = np.repeat(np.arange(len(records)), [int(mask.sum()) for mask in chosen])
    order = np.argsort(-scores, kind="stable")
    return _Sorted(right[order], picture[order], np.array([record.truths[label] for record in records]))


def _of_class(one: _Sorted, weights: Floats) -> Floats:
    parts = [_area(one, weights[start : start + _AT_ONCE]) for start in range(0, len(weights), _AT_ONCE)]
    return np.concatenate(parts)


def _area(one: _Sorted, weights: Floats) -> Floats:
    wanted = weights @ one.truths
    drawn = weights[:, one.picture]
    hits = drawn * one.right
    precision = np.cumsum(hits, axis=1) / np.maximum(np.cumsum(drawn, axis=1), 1e-12)
    monotone = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    area = (hits * monotone).sum(axis=1)
    return np.where(wanted > 0, area / np.maximum(wanted, 1e-12), np.nan)
