"""Figures about image models for MLflow, drawn without a display."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from matplotlib.figure import Figure

from core.workloads.images.classifier import WholeImageClassifier
from core.workloads.images.manifest import ManifestImage


def confusion_figure(matrix: list[list[int]], names: Sequence[str]) -> Figure:
    """The confusion matrix: rows are true classes, columns predicted ones."""
    side = max(4.4, 0.6 * len(names))
    figure = Figure(figsize=(side + 0.6, side), layout="constrained")
    axes = figure.subplots()
    axes.imshow(matrix, cmap="Blues")
    for row, column in np.ndindex(len(names), len(names)):
        dark = matrix[row][column] > np.max(matrix) / 2
        axes.text(column, row, f"{matrix[row][column]:,}", ha="center", va="center", color="white" if dark else "black")
    ticks = range(len(names))
    axes.set(xticks=ticks, yticks=ticks, xticklabels=names, yticklabels=names, xlabel="said", ylabel="true")
    return figure


def samples_figure(model: WholeImageClassifier, chosen: Sequence[ManifestImage], classes: Sequence[str]) -> Figure:
    """Example images with their label and the prediction."""
    columns = min(4, max(1, len(chosen)))
    rows = -(-len(chosen) // columns)
    figure = Figure(figsize=(3 * columns, 3 * rows), layout="constrained")
    for axes, picture in zip(np.ravel(figure.subplots(rows, columns, squeeze=False)), chosen, strict=False):
        pixels = picture.pixels()
        likely = model.probabilities(pixels)
        best = int(likely.argmax())
        axes.imshow(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
        axes.set_title(f"{classes[int(picture.labels[0])]}: {model.classes[best]} {likely[best]:.0%}", fontsize=9)
    for axes in figure.axes:
        axes.set_axis_off()
    return figure
