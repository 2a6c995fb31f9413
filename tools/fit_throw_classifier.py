"""Fits the throw classifier on MediaPipe's landmarks: ``python -m tools.fit_throw_classifier FOLDER``.

FOLDER contains ``images/`` and ``labels/`` in YOLO format with the classes rock, paper, scissors; a file's name up to
the last underscore is its source (person and place). Needs MediaPipe (``manage.py fetch-landmarker``). Prints the
leave-one-source-out accuracy, then writes ``core/workloads/rps/proposer/throw_classifier.json`` fitted on all sources.
Only coefficients are stored, no images.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from core.vision.detections import Pixels
from core.workloads.rps.proposer import throw_classifier
from core.workloads.rps.proposer.landmarker import Hand, hands
from core.workloads.rps.proposer.throw_classifier import NAMES, Numbers, ThrowClassifier

_SAME, _FREE = 0.4, 0.05
_PAD = 0.25
_STRENGTH = 0.01
_OTHER = len(NAMES) - 1
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sample:
    """One hand: its landmarks (21, 3), its class index, its source, whether it was detected in the whole image."""

    landmarks: Numbers
    name: int
    source: str
    whole: bool


def main() -> None:
    """Fit, evaluate, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, help="holds images/ and labels/")
    parser.add_argument("--dry", action="store_true", help="only tell how well it does")
    options = parser.parse_args()
    pictures = sorted((options.folder / "images").glob("*.jpg"))
    samples = [one for path in pictures for one in samples_of(path, options.folder / "labels" / f"{path.stem}.txt")]
    print(f"{len(samples)} hands on {len(pictures)} pictures")
    held_out = unseen(samples)
    right, count = (sum(figures) for figures in zip(*held_out.values(), strict=True))
    for source, (named, of) in held_out.items():
        print(f"  {source}: {named} of {of} throws named right, never having seen this source")
    made = {
        "when": f"{datetime.now(UTC):%Y-%m-%d}",
        "hands": {name: sum(one.name == index for one in samples) for index, name in enumerate(NAMES)},
        "sources": len(held_out),
        "right on unseen sources": round(right / count, 3),
    }
    print(made)
    if not options.dry:
        throw_classifier.write(throw_classifier.COEFFICIENTS, fit(samples), made)


def samples_of(picture: Path, labels: Path) -> list[Sample]:
    """Hands detected in the whole image, labelled by the box that contains them, "other" without one; and hands
    detected in crops around the boxes, as in close-ups.
    """
    pixels, source = np.asarray(cv2.imread(str(picture)), np.uint8), source_of(picture)
    boxes = read_labels(labels, pixels.shape[1], pixels.shape[0])
    found = []
    for hand in hands(pixels):
        overlaps = [overlap(extent(hand), box) for _, box in boxes] or [0.0]
        best = int(np.argmax(overlaps))
        if overlaps[best] > _SAME:
            found.append(Sample(hand.shape, boxes[best][0], source, True))
        elif overlaps[best] < _FREE:
            found.append(Sample(hand.shape, _OTHER, source, True))
    for name, box in boxes:
        close_up = crop(pixels, box)
        close = hands(close_up)
        if close:
            middle = min(close, key=lambda hand: _off_centre(hand, len(close_up)))
            found.append(Sample(middle.shape, name, source, False))
    return found


def source_of(picture: Path) -> str:
    """The source of an image: its name up to the last underscore."""
    return picture.stem.rsplit("_", 1)[0]


def _off_centre(hand: Hand, side: int) -> float:
    return float(np.abs(hand.points.mean(0) - side / 2).max())


def read_labels(path: Path, width: int, height: int) -> list[tuple[int, Box]]:
    """Class and pixel corners of each line of a YOLO label file."""
    boxes = []
    for line in path.read_text(encoding="utf-8").splitlines():
        name, x, y, w, h = (float(value) for value in line.split())
        corners = ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)
        boxes.append((int(name), corners))
    return boxes


def extent(hand: Hand) -> Box:
    """The landmarks' corners in pixels."""
    (left, top), (right, bottom) = hand.points.min(0).tolist(), hand.points.max(0).tolist()
    return left, top, right, bottom


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    wide, high = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    common = max(wide, 0.0) * max(high, 0.0)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return common / (areas - common)


def crop(pixels: Pixels, box: Box) -> Pixels:
    """A square around a box with a margin of a quarter of its longer side: MediaPipe detects no hand that fills the
    whole image.
    """
    side = max(box[2] - box[0], box[3] - box[1]) * (1 + 2 * _PAD)
    x, y = (box[0] + box[2] - side) / 2, (box[1] + box[3] - side) / 2
    shift = np.array(((1, 0, -x), (0, 1, -y)), np.float32)
    square = cv2.warpAffine(pixels, shift, (max(int(side), 16),) * 2, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(square, np.uint8)


def fit(samples: list[Sample]) -> ThrowClassifier:
    """Softmax regression with balanced classes."""
    table = np.stack([throw_classifier.features(one.landmarks) for one in samples])
    names: NDArray[np.int64] = np.array([one.name for one in samples])
    mean, scale = table.mean(0), np.maximum(table.std(0), 1e-6)
    learnt = LogisticRegression(C=_STRENGTH, max_iter=1000, class_weight="balanced").fit((table - mean) / scale, names)
    return ThrowClassifier(mean, scale, learnt.coef_, learnt.intercept_)


def unseen(samples: list[Sample]) -> dict[str, tuple[int, int]]:
    """Leave-one-source-out: per source, the number of throws in whole images that the others' regression classifies
    correctly.
    """
    outcome = {}
    for source in sorted({one.source for one in samples}):
        own = [one for one in samples if one.source == source and one.whole and one.name != _OTHER]
        if own:
            learnt = fit([one for one in samples if one.source != source])
            outcome[source] = (sum(learnt.name(one.landmarks)[0] == NAMES[one.name] for one in own), len(own))
    return outcome


if __name__ == "__main__":
    main()
