"""Plotly figures shared by workloads and pages. Pure: data in, figure out; ``core.ui.shell.charts.show`` displays one.

Colours are mid-tones that work on the light and on the dark theme; blue and orange are distinguishable for colour-blind
users. Plotly is imported inside the functions: half a second and tens of megabytes that a process without charts should
not pay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.config.numbers import percent

if TYPE_CHECKING:
    import plotly.graph_objects as go

BLUE, ORANGE, GREEN, RED, VIOLET, GREY = "#3f76d9", "#e07b1f", "#2e9e6b", "#d64545", "#8f63c9", "#8b90a0"
CLASS_COLOURS = (BLUE, ORANGE, GREEN, VIOLET, RED, GREY)
MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
LEGEND = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured value with its confidence interval."""

    label: str
    value: float
    low: float
    high: float
    colour: str = BLUE


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
    figure.update_layout(height=90 + 55 * len(measured), margin={**MARGIN, "t": 26}, xaxis_title=metric)
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
            colorscale=[(0, faded(BLUE, 0.04)), (1, faded(BLUE, 0.5))],
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
    figure.update_layout(height=height, margin=MARGIN, xaxis_title="predicted", yaxis_title="true")
    figure.update_xaxes(showgrid=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", automargin=True, showgrid=False, fixedrange=True)
    return figure


def split_bars(
    shares: Mapping[str, Sequence[int]],
    colours: Sequence[str] = CLASS_COLOURS[:2],
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
        barmode="stack", height=80 + 48 * len(shares), margin=MARGIN, legend={**LEGEND, "traceorder": "normal"}
    )
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(autorange="reversed", automargin=True, fixedrange=True)
    return figure


def faded(colour: str, opacity: float) -> str:
    """The colour with this opacity (0 to 1)."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def colour_of(place: int) -> str:
    """The colour of the class at this index; colours repeat after six."""
    return CLASS_COLOURS[place % len(CLASS_COLOURS)]


def class_title(label: str) -> str:
    """The display name of a class; a number gets a prefix."""
    return f"class {label}" if label.isdigit() else label


def class_bars(names: Sequence[str], probabilities: Sequence[float]) -> go.Figure:
    """One bar per class with its probability."""
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Bar(
            x=list(probabilities),
            y=list(names),
            orientation="h",
            marker_color=[colour_of(place) for place in range(len(names))],
            text=[percent(share) for share in probabilities],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.2%}<extra></extra>",
        )
    )
    figure.update_layout(height=40 + 34 * len(names), margin={**MARGIN, "r": 52}, bargap=0.35)
    figure.update_xaxes(range=[0, 1], visible=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", automargin=True, fixedrange=True, showgrid=False)
    return figure


def calibration(
    curves: Mapping[str, Sequence[tuple[float, float]]], colours: Sequence[str] = (BLUE, GREEN)
) -> go.Figure:
    """The share of correct predictions (second number) over confidence (first number), one line per model.

    A calibrated model lies on the dashed diagonal.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    ends = [0, 1]
    figure.add_scatter(x=ends, y=ends, mode="lines", name="calibrated", line={"color": GREY, "dash": "dash"})
    for (name, points), colour in zip(curves.items(), colours, strict=False):
        figure.add_scatter(
            x=[sure for sure, _ in points],
            y=[right for _, right in points],
            mode="lines+markers",
            name=name,
            line={"color": colour},
            hovertemplate="confidence %{x:.1%}, right %{y:.1%}",
        )
    figure.update_layout(height=300, margin=MARGIN, legend=LEGEND)
    figure.update_xaxes(title="confidence", tickformat=".0%", range=[0, 1.02], fixedrange=True)
    figure.update_yaxes(title="right", tickformat=".0%", range=[0, 1.02], fixedrange=True)
    return figure
