"""Transfer learning in seconds: logistic regression on the embeddings of a frozen backbone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.config.messages import say
from core.config.progress import Report
from core.workloads.images.backbone import Backbone, Embedding
from core.workloads.images.classifier import Head, WholeImageClassifier
from core.workloads.images.manifest import ManifestImage
from core.workloads.images.minimum_data import TooFewImagesError, require_enough

_TELL_EVERY_S = 0.5


def fit(
    chosen: Sequence[ManifestImage],
    classes: tuple[str, ...],
    backbone: Backbone,
    inverse_penalty: float,
    report: Report,
) -> tuple[Any, WholeImageClassifier]:
    """The scikit-learn pipeline and the classifier to export. Classes without images in ``chosen`` are left out.

    Raises ``TooFewImagesError`` unless there are two classes with enough images each.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(classes) < 2:
        raise TooFewImagesError("A classifier needs at least two classes: create them on Datasets, then label images.")
    require_enough(chosen, classes)
    graph = backbone.cut()
    embeddings = _embeddings(chosen, Embedding(graph, backbone.size), report)
    labels = np.array([int(picture.labels[0]) for picture in chosen])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=inverse_penalty, max_iter=2_000))
    model.fit(embeddings, labels)
    weights, bias = _folded(model, len(classes))
    return model, WholeImageClassifier(graph, Head(classes, weights, bias, backbone.size))


def _embeddings(chosen: Sequence[ManifestImage], embedding: Embedding, report: Report) -> NDArray[np.float32]:
    rows, tell_at = [], 0.0
    for number, picture in enumerate(chosen):
        if time.monotonic() >= tell_at:
            report(0.95 * number / len(chosen), say("images.seen", done=number, total=len(chosen)))
            tell_at = time.monotonic() + _TELL_EVERY_S
        rows.append(embedding.of(picture.pixels()))
    return np.stack(rows)


def _folded(model: Any, classes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scaler and regression folded into one linear layer, whose softmax gives the pipeline's probabilities."""
    scaler, regression = model[0], model[-1]
    weights, bias = regression.coef_, regression.intercept_
    if classes == 2:  # scikit-learn keeps one row: the log-odds of the second class
        weights, bias = np.concatenate([0 * weights, weights]), np.concatenate([0 * bias, bias])
    scaled = weights / scaler.scale_
    return scaled, bias - scaled @ scaler.mean_
