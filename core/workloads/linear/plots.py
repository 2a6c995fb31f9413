"""Figures for MLflow, drawn without a screen."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from core.workloads.linear.model import LinearPredictor


def boundary_figure(predictor: LinearPredictor, sample: dict[str, NDArray[Any]]) -> Figure:
    """Points of the holdout, coloured by class, over the model's probability of class 1."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    x1, x2 = sample["x1"], sample["x2"]
    grid1, grid2 = np.meshgrid(np.linspace(x1.min(), x1.max(), 80), np.linspace(x2.min(), x2.max(), 80))
    heat = predictor.probabilities(np.column_stack([grid1.ravel(), grid2.ravel()]))[:, 1].reshape(grid1.shape)
    axes.contourf(grid1, grid2, heat, levels=np.linspace(0, 1, 11), cmap="RdBu_r", alpha=0.5)
    axes.contour(grid1, grid2, heat, levels=[0.5], colors="black")
    axes.scatter(x1, x2, c=sample["label"], cmap="RdBu_r", s=4)
    axes.set(xlabel="x1", ylabel="x2", title="Holdout and decision boundary")
    return figure


def confusion_figure(matrix: list[list[int]]) -> Figure:
    """Rows are true classes, columns predicted ones."""
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.subplots()
    axes.imshow(matrix, cmap="Blues")
    for row, counts in enumerate(matrix):
        for column, count in enumerate(counts):
            dark = count > np.max(matrix) / 2
            axes.text(column, row, f"{count:,}", ha="center", va="center", color="white" if dark else "black")
    axes.set(xticks=[0, 1], yticks=[0, 1], xlabel="predicted", ylabel="true", title="Confusion matrix")
    return figure
