"""The data contract of labelled images: no mass of copies, boxes in proportion.

Light on purpose: it reads the list of a dataset's images and their labels, never the images. Few images are not bad
images: that there are too few to train on or to evaluate with is said where that is tried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from core.catalog.tables import Dataset
from core.config.messages import say
from core.workloads.contract import LEVEL, Finding
from core.workloads.images.manifest import ManifestImage, listed
from core.workloads.rows.contract_scale import quantile

MOST_COPIES = 0.05
"""Share of images that may occur more than once."""

WHOLE_IMAGE, MORE_WHOLE = 0.9, 0.2
"""A box with this share of the image covers nearly all of it; by so many more boxes than in the references is too many,
in a first dataset more than :data:`MOST_WHOLE`."""

MOST_WHOLE = 0.5

FAR_OUT = 2.0
"""The median of new boxes may lie so many times below or above what 98 % of the references' boxes have."""

_USUAL = (0.01, 0.99)
_TINY, _LEAST_BOXES = 1e-4, 20

_Floats = NDArray[np.float64]
_Images = Sequence[ManifestImage]


def contract(dataset: Dataset, references: Sequence[Dataset], *, boxes: bool) -> Sequence[Finding]:
    """Read and check a dataset; ``boxes``: whether labels have coordinates, not only a class for the whole image.

    Raises :class:`core.storage.lake.LakeError`.
    """
    return findings(listed(dataset), [listed(one) for one in references], boxes=boxes)


def findings(pictures: _Images, references: Sequence[_Images], *, boxes: bool) -> list[Finding]:
    """What is wrong with ``pictures``; ``references`` are those of the last good datasets, the newest one first."""
    found = [*copies(pictures)]
    if boxes:
        found += degenerate(pictures)
        found += whole_image(pictures, references)
        found += out_of_proportion(pictures, references)
    return found


def copies(pictures: _Images) -> Iterator[Finding]:
    """Image files that occur more than once, by the SHA-256 of their pixels."""
    repeats = sum(count - 1 for count in Counter(one.sha256 for one in pictures).values())
    share = repeats / max(len(pictures), 1)
    if share > MOST_COPIES:
        evidence = _bars(["once", "repeated"], [1 - share, share], "share of the images")
        yield Finding(say("contract.repeated_images", share=share, limit=MOST_COPIES), evidence)


def degenerate(pictures: _Images) -> Iterator[Finding]:
    """Boxes without size, not finite, or outside of their image."""
    coordinates = _coordinates(pictures)
    with np.errstate(invalid="ignore"):
        sized = (coordinates[:, 2:] > _TINY).all(axis=1)
        inside = (coordinates[:, :2] >= 0).all(axis=1) & (coordinates[:, :2] <= 1).all(axis=1)
    if bad := int((~(sized & inside & np.isfinite(coordinates).all(axis=1))).sum()):
        yield Finding(say("contract.bad_boxes", boxes=bad))


def whole_image(pictures: _Images, references: Sequence[_Images]) -> Iterator[Finding]:
    """Many more boxes that cover nearly the entire image than before: Fisher's exact test, one-sided."""
    whole, size = _covering(pictures)
    if not size:
        return
    share, usual, limit = whole / size, 0.0, MOST_WHOLE
    counted = [_covering(one) for one in references]
    theirs, of = sum(one for one, _ in counted), sum(count for _, count in counted)
    p_value = float(stats.binomtest(whole, size, limit, alternative="greater").pvalue)
    if of:
        usual, limit = theirs / of, theirs / of + MORE_WHOLE
        p_value = float(stats.fisher_exact([[whole, size - whole], [theirs, of - theirs]], "greater").pvalue)
    if share > limit and p_value < LEVEL:
        evidence = _bars(["this dataset", "last datasets"], [share, usual], "share of boxes on nearly the entire image")
        yield Finding(say("contract.whole_image_boxes", share=share, reference=usual), evidence)


def out_of_proportion(pictures: _Images, references: Sequence[_Images]) -> Iterator[Finding]:
    """Area or aspect of boxes on new images: their median lies far outside of what 98 % of the references' boxes have.

    Datasets of images grow, so only images that no reference has are looked at.
    """
    known = {one.sha256 for old in references for one in old}
    new = [one for one in pictures if one.sha256 not in known]
    before = list({one.sha256: one for old in references for one in old}.values())
    for what, measured in (("area", _areas), ("aspect", _aspects)):
        now, usual = np.sort(measured(new)), np.sort(measured(before))
        if not len(now) or len(usual) < _LEAST_BOXES:
            continue
        middle, (low, high) = quantile(now, 0.5), np.quantile(usual, _USUAL)
        if middle.high < low / FAR_OUT or middle.low > high * FAR_OUT:
            drawn = {"kind": "quantiles", "feature": what, "here": _five(now), "reference": _five(usual)}
            in_the_middle, least, most = (float(f"{one:.2g}") for one in (middle.value, low, high))
            term = f"box-{what}"
            yield Finding(say("contract.box_proportions", what=term, now=in_the_middle, low=least, high=most), drawn)


def _covering(pictures: _Images) -> tuple[int, int]:
    areas = _areas(pictures)
    return int((areas >= WHOLE_IMAGE).sum()), len(areas)


def _coordinates(pictures: _Images) -> _Floats:
    return np.concatenate([np.zeros((0, 4)), *(one.coordinates for one in pictures)])


def _areas(pictures: _Images) -> _Floats:
    """Shares of the image."""
    coordinates = _coordinates(pictures)
    areas: _Floats = coordinates[:, 2] * coordinates[:, 3]
    return areas[np.isfinite(areas)]


def _aspects(pictures: _Images) -> _Floats:
    """Width over height, in pixels."""
    parts = [
        one.coordinates[:, 2] * one.width / np.maximum(one.coordinates[:, 3] * one.height, _TINY) for one in pictures
    ]
    aspects: _Floats = np.concatenate([np.zeros(0), *parts])
    return aspects[np.isfinite(aspects)]


def _five(values: _Floats) -> list[float]:
    return [float(value) for value in np.quantile(values, (0.005, 0.25, 0.5, 0.75, 0.995))]


def _bars(names: Sequence[str], values: Sequence[float], title: str) -> dict[str, Any]:
    return {"kind": "bars", "names": list(names), "values": list(values), "title": title}
