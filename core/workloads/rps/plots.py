"""Figures for MLflow, drawn without a display."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from core.vision.detections import Detector
from core.workloads.images.manifest import ManifestImage
from core.workloads.rps.average_precision import curve
from core.workloads.rps.classes import CLASSES
from core.workloads.rps.matching import Record

_COLOURS = ("#4e79a7", "#f28e2b", "#59a14f")


def curves_figure(records: Sequence[Record]) -> Figure:
    """Precision over recall, one line per class."""
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    for index, (name, colour) in enumerate(zip(CLASSES, _COLOURS, strict=True)):
        recall, precision = curve(records, index)
        axes.plot(recall, precision, label=name, color=colour)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02), title="Holdout, IoU 0.5")
    axes.legend(loc="lower left")
    return figure


def samples_figure(detector: Detector, chosen: Sequence[ManifestImage], confidence: float) -> Figure:
    """Example images with true boxes (dashed) and predicted boxes."""
    columns = min(4, max(1, len(chosen)))
    rows = -(-len(chosen) // columns)
    figure = Figure(figsize=(3 * columns, 3 * rows), layout="constrained")
    for axes, picture in zip(np.ravel(figure.subplots(rows, columns, squeeze=False)), chosen, strict=False):
        _draw_sample(axes, detector, picture, confidence)
    return figure


def _draw_sample(axes: Any, detector: Detector, picture: ManifestImage, confidence: float) -> None:
    pixels = picture.pixels()
    axes.imshow(pixels[:, :, ::-1])
    axes.axis("off")
    for box, label in zip(picture.corners(), picture.labels, strict=True):
        _draw_box(axes, box, _COLOURS[label], "--", "")
    found = detector.detect(pixels, confidence)
    for box, label, score in zip(found.boxes, found.labels, found.scores, strict=True):
        _draw_box(axes, box, _COLOURS[label], "-", f"{CLASSES[label]} {score:.2f}")


def _draw_box(axes: Any, box: Any, colour: str, style: str, text: str) -> None:
    from matplotlib.patches import Rectangle

    left, top, right, bottom = (float(value) for value in box)
    axes.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, ec=colour, ls=style, lw=2))
    if text:
        axes.text(left, top, text, color="white", fontsize=8, va="bottom", bbox={"fc": colour, "ec": "none", "pad": 1})
