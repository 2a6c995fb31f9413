"""Evaluation of a detector on a holdout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.vision.detection_formats import SHOWN_CONFIDENCE
from core.vision.detections import Detector
from core.workloads.base import Scores
from core.workloads.images.manifest import ManifestImage
from core.workloads.rps.average_precision import average_precisions, mean_average_precision, resamples
from core.workloads.rps.classes import CLASSES
from core.workloads.rps.matching import Record, confusion, judge

SHOWN = SHOWN_CONFIDENCE
"""The display threshold of confidence; precision, recall, the confusion matrix and the losses use it."""

_LEAST = 0.01
"""Boxes with a lower confidence do not change the area under the curve, but there are thousands of them."""

_RESAMPLES, _SEED = 1000, 7


class NoHandsError(ValueError):
    """The holdout cannot distinguish a good detector from a bad one; the message says what it lacks."""


def score(metric: str, detector: Detector, pictures: Sequence[ManifestImage]) -> Scores:
    """mAP50 with a bootstrap interval, a record per image in file order, and further metrics.

    Raises :class:`NoHandsError` when no image of the holdout shows a throw.
    """
    if not any(len(picture.labels) for picture in pictures):
        raise NoHandsError(
            f"None of the {len(pictures)} holdout images shows a hand, so no model can be evaluated. "
            "Capture some on Live: the later part of each throw is held out. Of other recording sessions about every "
            "fifth is."
        )
    records, counts, losses = _judged(detector, pictures)
    value = float(mean_average_precision(records)[0])
    drawn = mean_average_precision(records, resamples(len(records), _RESAMPLES, _SEED))
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    outcomes = np.empty(len(records), dtype=object)
    outcomes[:] = records
    details = {**_per_class(records), **_at_shown(counts), "confusion_matrix": counts.tolist()}
    details["classes"] = [*CLASSES, "no object"]
    return Scores(metric, value, float(low), float(high), len(records), outcomes, details, losses)


def _judged(detector: Detector, pictures: Sequence[ManifestImage]) -> tuple[list[Record], Any, NDArray[np.float64]]:
    records, counts, losses = [], np.zeros((len(CLASSES) + 1,) * 2, np.int64), []
    for picture in pictures:
        found, truth = detector.detect(picture.pixels(), _LEAST), picture.corners()
        records.append(judge(found, picture.labels, truth, len(CLASSES)))
        shown = confusion(found.above(SHOWN), picture.labels, truth, len(CLASSES))
        losses.append(loss(shown))
        counts += shown
    return records, counts, np.array(losses)


def loss(shown: NDArray[np.int64]) -> float:
    """What one image costs, 0 to 1: the share of its hands, and of boxes where no hand is, that is wrong.

    ``shown`` is its confusion matrix at the display threshold. A hand is right when it was found and named; an image
    without hands when nothing was found on it.
    """
    wanted = int(shown.sum())
    return 1 - float(np.trace(shown)) / wanted if wanted else 0.0


def _per_class(records: Sequence[Record]) -> dict[str, Any]:
    found = average_precisions(records)[0]
    truths = np.sum([record.truths for record in records], axis=0)
    figures: dict[str, Any] = {f"AP50_{name}": float(ap) for name, ap in zip(CLASSES, found, strict=True) if ap == ap}
    figures["hands"] = {name: int(number) for name, number in zip(CLASSES, truths, strict=True)}
    return figures


def _at_shown(counts: Any) -> dict[str, float]:
    """A box is correct when position and class are; false positives lower precision, misses lower recall."""
    right = float(np.trace(counts[:-1, :-1]))
    return {
        "precision": right / max(float(counts[:, :-1].sum()), 1.0),
        "recall": right / max(float(counts[:-1].sum()), 1.0),
    }


def all_right(records: Sequence[Record]) -> NDArray[np.bool_]:
    """Images whose boxes of at least the display threshold are all right, and none is missed; shape (n,)."""
    shown = [record.right[record.scores >= SHOWN] for record in records]
    pairs = zip(shown, records, strict=True)
    return np.array([bool(right.all()) and len(right) == record.truths.sum() for right, record in pairs], np.bool_)
