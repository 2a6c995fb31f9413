"""Drift of image datasets: do new images differ from those that a model was trained on?

Image datasets grow: the newest one contains most of the champion's training images. So the images added since are
compared with the old ones, by properties that need no model (brightness, sharpness, size and position of boxes, share
of each class) and by the champion's confidence. For the latter only holdout images count, old and new: a model is
always more confident on its training data.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.config.messages import say
from core.vision.detections import Detector, Pixels
from core.workloads.base import Drift
from core.workloads.images.manifest import ManifestImage, spread

_LEAST, _MOST = 20, 200
"""Fewer images tell nothing; more cost time and change no answer."""

_SIDE = 160
_METHOD = "ks+chi2"

Columns = dict[str, NDArray[np.float64]]


def drift(
    before: Sequence[ManifestImage],
    now: Sequence[ManifestImage],
    detector: Detector | None,
    *,
    classes: int,
    thing: str | None,
    alpha: float,
    min_effect: float,
) -> Drift:
    """Compare the images of the champion's training data with those added since.

    ``classes`` is their number; ``thing`` is the object in the boxes, None for whole-image labels, whose boxes contain
    no information.
    """
    from scipy.stats import ks_2samp

    from core.workloads.statistics import adjusted, shares_test

    known = {picture.sha256 for picture in before}
    new = [picture for picture in now if picture.sha256 not in known]
    if len(new) < _LEAST:
        return Drift(False, say("drift.too_few_new", new=len(new)))
    samples = [spread(chosen, _MOST) for chosen in (before, new)]
    found = {"class shares": shares_test(_labels(samples[0]), _labels(samples[1]), classes)}
    pairs = [(_looks(samples[0], thing), _looks(samples[1], thing)), *_confidences(before, new, detector)]
    for first, second in pairs:
        for name in first:
            if min(len(first[name]), len(second[name])) >= _LEAST:
                test = ks_2samp(first[name], second[name], method="asymp")
                found[name] = float(test.statistic), float(test.pvalue)
    tests = adjusted(found, alpha, min_effect)
    drifted = [str(test["feature"]) for test in tests if test["drift"]]
    if not drifted:
        return Drift(False, say("drift.none_in_new", new=len(new), method=_METHOD), tests)
    return Drift(True, say("drift.found_in_new", features=drifted, new=len(new), method=_METHOD), tests)


def _labels(chosen: Sequence[ManifestImage]) -> NDArray[np.int64]:
    return np.concatenate([picture.labels for picture in chosen])


def _looks(chosen: Sequence[ManifestImage], thing: str | None) -> Columns:
    """Properties that need no model. Sizes are shares of the image, brightness is 0 to 255."""
    coordinates = np.concatenate([picture.coordinates for picture in chosen])
    seen = np.array([_light_and_sharpness(picture.pixels()) for picture in chosen])
    columns = {"brightness": seen[:, 0], "sharpness": seen[:, 1]}
    if thing is None:
        return columns
    return {
        f"{thing} size": np.sqrt(coordinates[:, 2] * coordinates[:, 3]),
        f"{thing} position": np.hypot(coordinates[:, 0] - 0.5, coordinates[:, 1] - 0.5),
        **columns,
    }


def _light_and_sharpness(pixels: Pixels) -> tuple[float, float]:
    """Mean grey value and the logarithm of the Laplacian's variance, at one size for all images."""
    grey = cv2.cvtColor(cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return float(grey.mean()), float(np.log1p(cv2.Laplacian(grey, cv2.CV_64F).var()))


def _confidences(
    before: Sequence[ManifestImage], new: Sequence[ManifestImage], detector: Detector | None
) -> list[tuple[Columns, Columns]]:
    """The champion's best score per image with a label, on holdout images."""
    if detector is None:
        return []
    old, fresh = (
        spread([p for p in chosen if p.split == "holdout" and len(p.labels)], _MOST) for chosen in (before, new)
    )
    if min(len(old), len(fresh)) < _LEAST:
        return []
    columns = []
    for chosen in (old, fresh):
        best = [detector.detect(picture.pixels(), 0.01).scores[:1] for picture in chosen]
        columns.append({"model's confidence": np.array([float(s[0]) if len(s) else 0.0 for s in best])})
    return [(columns[0], columns[1])]
