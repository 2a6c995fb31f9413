"""Figures for MLflow, drawn without a display."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from core.workloads.base import Classifier


def boundary_figure(predictor: Classifier, sample: dict[str, NDArray[Any]]) -> Figure:
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
