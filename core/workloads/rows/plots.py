"""Figures for MLflow, drawn without a display."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray


def confusion_figure(matrix: Sequence[Sequence[int]], classes: Sequence[str]) -> Figure:
    """Rows are true classes, columns predicted ones."""
    side = 4 + 0.5 * max(0, len(classes) - 3)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    axes.imshow(matrix, cmap="Blues")
    for row, counts in enumerate(matrix):
        for column, count in enumerate(counts):
            dark = count > np.max(matrix) / 2
            axes.text(column, row, f"{count:,}", ha="center", va="center", color="white" if dark else "black")
    ticks = range(len(classes))
    axes.set(xticks=ticks, yticks=ticks, xticklabels=classes, yticklabels=classes)
    axes.set(xlabel="predicted", ylabel="true", title="Confusion matrix")
    return figure


def calibration_figure(diagram: Sequence[dict[str, Any]], error: float) -> Figure:
    """The reliability diagram: share of correct predictions over confidence; a calibrated model lies on the
    diagonal.
    """
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", label="calibrated")
    widths = [one["high"] - one["low"] for one in diagram]
    axes.bar([one["low"] for one in diagram], [one["accuracy"] for one in diagram], widths, align="edge", alpha=0.4)
    axes.plot([one["confidence"] for one in diagram], [one["accuracy"] for one in diagram], marker="o", label="model")
    axes.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.02))
    axes.set_title(f"Calibration, expected error {error:.3f}")
    axes.legend(loc="upper left")
    return figure


def residual_figure(truth: NDArray[np.float64], values: NDArray[np.float64], unit: str = "") -> Figure:
    """Predicted over true values of the holdout, and the distribution of the errors."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    ends = [float(min(truth.min(), values.min())), float(max(truth.max(), values.max()))]
    left.scatter(truth, values, s=4, alpha=0.5)
    left.plot(ends, ends, color="grey", linestyle="--")
    of = f" ({unit})" if unit else ""
    left.set(xlabel=f"true{of}", ylabel=f"predicted{of}", title="Holdout")
    right.hist(values - truth, bins=40)
    right.set(xlabel=f"predicted minus true{of}", ylabel="rows", title="Errors")
    return figure
