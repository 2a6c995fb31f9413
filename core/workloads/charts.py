"""Plotly figures that pages and workloads share. Pure: data in, figure out; ``core.ui.shell.charts`` shows them.

Colours are mid-tones that hold on the light and on the dark theme, and blue/orange is a pair that
colour-blind people tell apart. Plotly is imported inside the functions: half a second and tens of
megabytes that a process without charts on screen should not pay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import plotly.graph_objects as go

BLUE, ORANGE, GREEN, RED, VIOLET, GREY = "#3f76d9", "#e07b1f", "#2e9e6b", "#d64545", "#8f63c9", "#8b90a0"
CLASS_COLOURS = (BLUE, ORANGE)
_MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}

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


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured value with its confidence interval."""

    label: str
    value: float
    low: float
    high: float
    colour: str = BLUE


def segment(line: Line, box: Box) -> tuple[list[float], list[float]]:
    """The part of a line inside the square ``box``: two x1 and two x2 values, or nothing when it misses it."""
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
    for number, colour in enumerate(CLASS_COLOURS):
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
        colorscale=[(0, _faded(BLUE, 0.6)), (0.5, _faded(GREY, 0.06)), (1, _faded(ORANGE, 0.6))],
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
    return _plane(figure, box)


def intervals(measured: Sequence[Interval], threshold: float | None = None, metric: str = "") -> go.Figure:
    """Values with their confidence intervals, one row each, and the threshold as a line."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for item in measured:
        figure.add_scatter(
            x=[item.value],
            y=[item.label],
            error_x={"array": [item.high - item.value], "arrayminus": [item.value - item.low], "width": 8},
            mode="markers",
            marker={"size": 12, "color": item.colour},
            showlegend=False,
            hovertemplate=f"%{{x:.4f}} ({item.low:.4f} to {item.high:.4f})<extra>{item.label}</extra>",
        )
    if threshold is not None:
        figure.add_vline(
            threshold, line={"color": GREY, "dash": "dash"}, annotation_text="threshold", annotation_position="top"
        )
    figure.update_layout(height=90 + 55 * len(measured), margin={**_MARGIN, "t": 26}, xaxis_title=metric)
    figure.update_xaxes(tickformat=".3~f", nticks=6)
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def confusion(matrix: Sequence[Sequence[int]], names: Sequence[str] = ()) -> go.Figure:
    """Counts of true classes (rows) against predicted ones (columns), shaded by the share of the row."""
    import plotly.graph_objects as go

    counts = np.asarray(matrix)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = list(names) or [str(number) for number in range(len(counts))]
    # A bare number says little, and Plotly would take it for a place on the axis.
    names = [f"class {name}" if name.isdecimal() else name for name in names]
    figure = go.Figure(
        go.Heatmap(
            x=names,
            y=names,
            z=shares,
            zmin=0,
            zmax=1,
            showscale=False,
            colorscale=[(0, _faded(BLUE, 0.04)), (1, _faded(BLUE, 0.5))],
            hovertemplate="true %{y}, predicted %{x}: %{text}<extra></extra>",
            text=[
                [f"{count:,}<br>{share:.1%}" for count, share in zip(*pair, strict=True)]
                for pair in zip(counts, shares, strict=True)
            ],
        )
    )
    for row, column in np.ndindex(counts.shape):
        # Annotations follow the theme's text colour; a heatmap's own text guesses a background it does not know.
        text = f"<b>{counts[row, column]:,}</b><br>{shares[row, column]:.1%}"
        figure.add_annotation(x=names[column], y=names[row], text=text, showarrow=False)
    height = 80 * max(3, len(counts))
    figure.update_layout(height=height, margin=_MARGIN, xaxis_title="predicted", yaxis_title="true")
    figure.update_xaxes(showgrid=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", automargin=True, showgrid=False, fixedrange=True)
    return figure


def split_bars(
    shares: Mapping[str, Sequence[int]],
    colours: Sequence[str] = CLASS_COLOURS,
    names: Sequence[str] = ("class 0", "class 1"),
) -> go.Figure:
    """Stacked horizontal bars: each key is one bar, its values the parts, called ``names``."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, (colour, name) in enumerate(zip(colours, names, strict=True)):
        values = [parts[number] for parts in shares.values()]
        figure.add_bar(
            y=list(shares),
            x=values,
            orientation="h",
            name=name,
            marker_color=colour,
            text=[f"{value:,}" for value in values],
            textposition="auto",
            insidetextanchor="middle",
            insidetextfont_color="white",
            textangle=0,
            hovertemplate="%{y}: %{x:,}",
        )
    figure.update_layout(
        barmode="stack", height=80 + 48 * len(shares), margin=_MARGIN, legend={**_LEGEND, "traceorder": "normal"}
    )
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(autorange="reversed", automargin=True, fixedrange=True)
    return figure


_LEGEND = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}


def _add_lines(figure: go.Figure, lines: Sequence[Line], box: Box) -> None:
    for line in lines:
        x, y = segment(line, box)
        style = {"color": line.colour, "width": 3, "dash": line.dash}
        figure.add_scatter(x=x, y=y, mode="lines", name=line.label, line=style, hoverinfo="name")


def _add_click_targets(figure: go.Figure, box: Box, steps: int = 33) -> None:
    """Invisible points all over: a heat map itself reports no clicks."""
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
    figure.update_layout(height=430, margin=_MARGIN, legend=_LEGEND, uirevision="plane")
    figure.update_xaxes(range=list(box), title="x1", zeroline=False, fixedrange=True)
    figure.update_yaxes(range=list(box), title="x2", zeroline=False, fixedrange=True)
    return figure


def _faded(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
