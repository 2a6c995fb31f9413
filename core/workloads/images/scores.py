"""Evaluation of a whole-image classifier on a holdout, and comparison of two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.workloads.base import Scores
from core.workloads.images.classifier import WholeImageClassifier
from core.workloads.images.manifest import ManifestImage
from core.workloads.statistics import wilson_interval


class EmptyHoldoutError(ValueError):
    """No labelled image is in the holdout, so no model can be evaluated; the message says what to do."""


def score(
    metric: str, model: WholeImageClassifier, pictures: Sequence[ManifestImage], classes: Sequence[str]
) -> Scores:
    """Accuracy with Wilson's interval, recall per class and the confusion matrix over all labels.

    ``classes`` are the dataset's labels. Those unknown to the model count as errors. Raises :class:`EmptyHoldoutError`.
    """
    if not pictures:
        raise EmptyHoldoutError(
            "The holdout has no labelled image, so no model can be evaluated. Capture some on Live: the later part of "
            "each class is held out. Or add images of another recording session (another person, place or day): about "
            "every fifth one is in the holdout."
        )
    names = list(dict.fromkeys([*classes, *model.classes]))
    truth = np.array([int(picture.labels[0]) for picture in pictures])
    likely = [model.probabilities(picture.pixels()) for picture in pictures]
    said = np.array([names.index(model.classes[int(one.argmax())]) for one in likely])
    right = said == truth
    counts = np.zeros((len(names), len(names)), np.int64)
    np.add.at(counts, (truth, said), 1)
    low, high = wilson_interval(int(right.sum()), len(right))
    recall = {name: float(counts[i, i] / counts[i].sum()) for i, name in enumerate(names) if counts[i].sum()}
    details = {
        **{f"recall_{name}": value for name, value in recall.items()},
        "mean_confidence": float(np.mean([one.max() for one in likely])),
        "classes": names,
        "confusion_matrix": counts.tolist(),
    }
    return Scores(metric, float(right.mean()), low, high, len(right), right, details, (~right).astype(np.float64))
