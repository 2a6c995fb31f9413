"""Charts of the plane spanned by ``x1`` and ``x2``: points, boundaries, a model's probability. Data in, figure out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.workloads.charts import BLUE, CLASS_COLOURS, GREY, LEGEND, MARGIN, ORANGE, faded

if TYPE_CHECKING:
    import plotly.graph_objects as go

Box = tuple[float, float]
"""Lowest and highest value shown, on both axes."""


@dataclass(frozen=True, slots=True)
class Line:
    """The straight line ``w1 x1 + w2 x2 + bias = 0``, as drawn."""

    label: str
    w1: float
    w2: float
    bias: float
    colour: str = GREY
    dash: str = "solid"


def segment(line: Line, box: Box) -> tuple[list[float], list[float]]:
    """The part of a line inside the square ``box``: two x1 and two x2 values, or nothing when they do not intersect."""
    low, high = box
    norm = float(np.hypot(line.w1, line.w2))
    if norm == 0.0:
        return [], []
    foot = np.array([line.w1, line.w2]) * (-line.bias / norm**2)
    along = np.array([-line.w2, line.w1]) / norm
    enter, leave = -np.inf, np.inf
    for start, step in zip(foot, along, strict=True):
        if abs(step) < 1e-12:
            if not low <= start <= high:
                return [], []
            continue
        near, far = sorted(((low - start) / step, (high - start) / step))
        enter, leave = max(enter, near), min(leave, far)
    if enter >= leave:
        return [], []
    ends = [foot + along * t for t in (enter, leave)]
    return [float(end[0]) for end in ends], [float(end[1]) for end in ends]


def points(columns: Mapping[str, NDArray[Any]], lines: Sequence[Line] = (), box: Box = (-4.0, 4.0)) -> go.Figure:
    """Points (``x1``, ``x2``, ``label``, each of shape (n,)) coloured by class, with boundary lines over them."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, colour in enumerate(CLASS_COLOURS[:2]):
        chosen = columns["label"] == number
        figure.add_scatter(
            x=columns["x1"][chosen],
            y=columns["x2"][chosen],
            mode="markers",
            name=f"class {number}",
            marker={"color": colour, "size": 5, "opacity": 0.75, "symbol": ("circle", "diamond")[number]},
            hovertemplate="x1 %{x:.2f}<br>x2 %{y:.2f}",
        )
    _add_lines(figure, lines, box)
    return _plane(figure, box)


def probability(
    probabilities: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    lines: Sequence[Line],
    point: tuple[float, float],
    box: Box,
    steps: int = 60,
) -> go.Figure:
    """A model's probability of class 1 over the plane, its boundary, and one point.

    ``probabilities`` takes features of shape (n, 2) and gives shape (n,).
    """
    import plotly.graph_objects as go

    ticks = np.linspace(*box, steps)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    heat = go.Heatmap(
        x=ticks,
        y=ticks,
        z=probabilities(grid).reshape(steps, steps),
        zmin=0,
        zmax=1,
        zsmooth="best",
        colorscale=[(0, faded(BLUE, 0.6)), (0.5, faded(GREY, 0.06)), (1, faded(ORANGE, 0.6))],
        showscale=False,
        hovertemplate="x1 %{x:.2f}<br>x2 %{y:.2f}<br>P(class 1) %{z:.1%}<extra></extra>",
    )
    figure = go.Figure(heat)
    _add_click_targets(figure, box)
    _add_lines(figure, lines, box)
    chosen = int(probabilities(np.array([point]))[0] > 0.5)
    figure.add_scatter(
        x=[point[0]],
        y=[point[1]],
        mode="markers",
        name="your point",
        marker={"size": 16, "color": CLASS_COLOURS[chosen], "line": {"color": "white", "width": 3}},
        hovertemplate="x1 %{x:.2f}<br>x2 %{y:.2f}",
    )
    # What a click on the map moves: pages set these features to the place.
    figure.update_layout(meta={"features": ["x1", "x2"]})
    return _plane(figure, box)


def _add_lines(figure: go.Figure, lines: Sequence[Line], box: Box) -> None:
    for line in lines:
        x, y = segment(line, box)
        style = {"color": line.colour, "width": 3, "dash": line.dash}
        figure.add_scatter(x=x, y=y, mode="lines", name=line.label, line=style, hoverinfo="name")


def _add_click_targets(figure: go.Figure, box: Box, steps: int = 33) -> None:
    """Invisible points everywhere: a heat map itself reports no clicks."""
    ticks = np.linspace(*box, steps)
    across, up = np.meshgrid(ticks, ticks)
    unseen = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=across.ravel(),
        y=up.ravel(),
        mode="markers",
        marker={"size": 14, "opacity": 0},
        selected=unseen,
        unselected=unseen,
        showlegend=False,
        hoverinfo="none",
    )


def _plane(figure: go.Figure, box: Box) -> go.Figure:
    figure.update_layout(height=430, margin=MARGIN, legend=LEGEND, uirevision="plane")
    figure.update_xaxes(range=list(box), title="x1", zeroline=False, fixedrange=True)
    figure.update_yaxes(range=list(box), title="x2", zeroline=False, fixedrange=True)
    return figure
