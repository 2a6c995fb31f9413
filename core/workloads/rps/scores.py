"""Evaluation of a detector on a holdout, and comparison of two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.config.messages import say
from core.vision.detections import Detector
from core.workloads.base import Comparison, Scores
from core.workloads.images.manifest import ManifestImage
from core.workloads.rps.average_precision import average_precisions, mean_average_precision, resamples
from core.workloads.rps.classes import CLASSES
from core.workloads.rps.matching import Record, confusion, judge

SHOWN = 0.25
"""The display threshold of confidence; precision, recall and the confusion matrix use it."""

_LEAST = 0.01
"""Boxes with a lower confidence do not change the area under the curve, but there are thousands of them."""

_RESAMPLES, _SEED = 1000, 7
_TEST = "paired bootstrap"


class NoHandsError(ValueError):
    """The holdout cannot distinguish a good detector from a bad one; the message says what it lacks."""


def score(metric: str, detector: Detector, pictures: Sequence[ManifestImage]) -> Scores:
    """mAP50 with a bootstrap interval, a record per image in file order, and further metrics.

    Raises :class:`NoHandsError` when no image of the holdout shows a throw.
    """
    if not any(len(picture.labels) for picture in pictures):
        raise NoHandsError(
            f"None of the {len(pictures)} holdout images shows a hand, so no model can be evaluated. "
            "Add images of more recording sessions: about every fifth is in the holdout."
        )
    records, counts = _judged(detector, pictures)
    value = float(mean_average_precision(records)[0])
    drawn = mean_average_precision(records, resamples(len(records), _RESAMPLES, _SEED))
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    outcomes = np.empty(len(records), dtype=object)
    outcomes[:] = records
    details = {**_per_class(records), **_at_shown(counts), "confusion_matrix": counts.tolist()}
    details["classes"] = [*CLASSES, "no object"]
    return Scores(metric, value, float(low), float(high), len(records), outcomes, details)


def _judged(detector: Detector, pictures: Sequence[ManifestImage]) -> tuple[list[Record], Any]:
    records, counts = [], np.zeros((len(CLASSES) + 1,) * 2, np.int64)
    for picture in pictures:
        found, truth = detector.detect(picture.pixels(), _LEAST), picture.corners()
        records.append(judge(found, picture.labels, truth, len(CLASSES)))
        counts += confusion(found.above(SHOWN), picture.labels, truth, len(CLASSES))
    return records, counts


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


def compare(champion: Scores, challenger: Scores, alpha: float) -> Comparison:
    """A paired bootstrap: both models on the same resamples of images; better when the difference is significant.

    The p-value is two-sided: twice the share of resamples in which the loser wins. Raises ``ValueError`` when the two
    were not evaluated on the same images.
    """
    first, second = list(champion.outcomes), list(challenger.outcomes)
    if len(first) != len(second) or any((a.truths != b.truths).any() for a, b in zip(first, second, strict=True)):
        raise ValueError("the two models were measured on different holdouts")
    weights = resamples(len(first), _RESAMPLES, _SEED)
    gains = mean_average_precision(second, weights) - mean_average_precision(first, weights)
    gains = gains[~np.isnan(gains)]
    gain = challenger.value - champion.value
    # One more of each: a finite number of draws never shows that something is impossible.
    losing = min(int((gains <= 0).sum()), int((gains >= 0).sum()))
    p_value = min(1.0, 2 * (losing + 1) / (len(gains) + 1))
    low, high = (float(value) for value in np.percentile(gains, [2.5, 97.5]))
    summary = say(
        "comparison.bootstrap",
        metric=challenger.metric,
        challenger=challenger.value,
        champion=champion.value,
        gain=gain,
        low=low,
        high=high,
        samples=champion.samples,
        unit="images",
        p=p_value,
    )
    details = {"test": _TEST, "gain": gain, "low": low, "high": high, "resamples": len(gains), "p_value": p_value}
    return Comparison(gain > 0 and p_value < alpha, p_value, summary, details)
