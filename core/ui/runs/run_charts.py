"""Plotly figures about tracked runs. Pure: data in, figure out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.models.run_compare import interval, is_bound, labels
from core.models.runs import Run
from core.workloads.charts import BLUE, GREEN, GREY, ORANGE, RED, VIOLET

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLOURS = (BLUE, ORANGE, GREEN, VIOLET, RED, GREY)
_MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
_LEGEND = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}


def metric_dots(runs: Sequence[Run], name: str) -> go.Figure:
    """One metric of several runs: a dot each, with its confidence interval where there is one.

    Dots rather than bars: accuracies differ far from zero.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, (run, called) in enumerate(zip(runs, labels(runs), strict=True)):
        if name not in run.metrics:
            continue
        value, sure = run.metrics[name], interval(run.metrics, name)
        error = {"array": [sure[1] - value], "arrayminus": [value - sure[0]], "width": 8} if sure else None
        figure.add_scatter(
            x=[value],
            y=[called],
            error_x=error,
            mode="markers",
            marker={"size": 12, "color": COLOURS[number % len(COLOURS)]},
            showlegend=False,
            hovertemplate="%{x:.5f}<extra>%{y}</extra>",
        )
    figure.update_layout(height=70 + 44 * len(runs), margin=_MARGIN, xaxis_title=name)
    figure.update_xaxes(tickformat=".4~g", nticks=6)
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def curves(histories: Mapping[str, Sequence[tuple[int, float]]]) -> go.Figure:
    """Metrics logged per step: one line for each name."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, (name, points) in enumerate(histories.items()):
        figure.add_scatter(
            x=[step for step, _ in points],
            y=[value for _, value in points],
            mode="lines+markers",
            name=name,
            line={"color": COLOURS[number % len(COLOURS)], "width": 2},
            marker={"size": 5},
            hovertemplate="step %{x}<br>%{y:.5f}",
        )
    figure.update_layout(height=320, margin=_MARGIN, legend=_LEGEND, xaxis_title="step")
    return figure


def parallel(runs: Sequence[Run]) -> go.Figure | None:
    """Parallel coordinates: numeric parameters that differ and all metrics, one line per run.

    None when fewer than two such axes exist.
    """
    import plotly.graph_objects as go

    axes = {**_differing_numbers(runs), **_metrics(runs)}
    if len(axes) < 2:
        return None
    last = list(axes.values())[-1]
    figure = go.Figure(
        go.Parcoords(
            line={"color": last, "colorscale": [(0, BLUE), (1, ORANGE)]},
            dimensions=[{"label": name, "values": values} for name, values in axes.items()],
            labelfont={"size": 12},
        )
    )
    figure.update_layout(height=340, margin={"l": 60, "r": 60, "t": 50, "b": 20})
    return figure


def _differing_numbers(runs: Sequence[Run]) -> dict[str, list[float]]:
    found = {}
    for name in dict.fromkeys(name for run in runs for name in run.parameters):
        values = [_number(run.parameters.get(name)) for run in runs]
        numbers = [value for value in values if value is not None]
        if len(numbers) == len(runs) and len(set(numbers)) > 1:
            found[name] = numbers
    return found


def _metrics(runs: Sequence[Run]) -> dict[str, list[float]]:
    names = [name for name in runs[0].metrics if not is_bound(name, runs[0].metrics)] if runs else []
    return {name: [run.metrics[name] for run in runs] for name in names if all(name in run.metrics for run in runs)}


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
