"""Charts of rows of numbers, by class or by target. Data in, figure out; Plotly is imported inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from core.workloads.charts import BLUE, LEGEND, MARGIN, colour_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_FEATURES = 4
"""Maximum number of features shown: more would be too small to read."""

Columns = Mapping[str, NDArray[Any]]
_SYMBOLS = ("circle", "diamond", "square", "cross", "x", "triangle-up")


def by_class(columns: Columns, titles: Mapping[str, str], labels: NDArray[Any], names: Sequence[str]) -> go.Figure:
    """The first features, coloured by class: a histogram of one, a scatter plot of two, every pair of up to four.

    ``titles`` maps the features' columns to display names, ``labels`` has shape (n,) and holds indices into ``names``.
    """
    shown = dict(list(titles.items())[:MOST_FEATURES])
    if len(shown) == 1:
        return _histogram(columns, shown, labels, names)
    return _scatter(columns, shown, labels, names) if len(shown) == 2 else _pairs(columns, shown, labels, names)


def against_target(columns: Columns, titles: Mapping[str, str], target: str) -> go.Figure:
    """The target over each of the first features, side by side."""
    from plotly.subplots import make_subplots

    shown = list(titles.items())[:MOST_FEATURES]
    across = min(2, len(shown))
    down = -(-len(shown) // across)
    figure = make_subplots(rows=down, cols=across, shared_yaxes=True, horizontal_spacing=0.06, vertical_spacing=0.16)
    for place, (name, title) in enumerate(shown):
        row, column = place // across + 1, place % across + 1
        marker = {"color": BLUE, "size": 4, "opacity": 0.55}
        figure.add_scatter(x=columns[name], y=columns[target], mode="markers", marker=marker, row=row, col=column)
        figure.update_xaxes(title=title, zeroline=False, fixedrange=True, row=row, col=column)
        figure.update_yaxes(title=target if column == 1 else None, zeroline=False, fixedrange=True, row=row, col=column)
    figure.update_layout(height=90 + 230 * down, margin=MARGIN, showlegend=False)
    return figure


def target_histogram(values: Mapping[str, NDArray[Any]], colours: Sequence[str], title: str) -> go.Figure:
    """The distribution of the target: key → values, one colour each."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for (name, taken), colour in zip(values.items(), colours, strict=False):
        figure.add_histogram(x=taken, name=name, marker_color=colour, opacity=0.75, nbinsx=40)
    figure.update_layout(height=220, margin=MARGIN, legend=LEGEND, barmode="overlay", xaxis_title=title)
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return figure


def _histogram(columns: Columns, shown: Mapping[str, str], labels: NDArray[Any], names: Sequence[str]) -> go.Figure:
    (name, title), *_ = shown.items()
    parts = {label: columns[name][labels == place] for place, label in enumerate(names)}
    figure = target_histogram(parts, [colour_of(place) for place in range(len(names))], title)
    figure.update_layout(height=380)
    return figure


def _scatter(columns: Columns, shown: Mapping[str, str], labels: NDArray[Any], names: Sequence[str]) -> go.Figure:
    import plotly.graph_objects as go

    (across, across_title), (up, up_title) = shown.items()
    figure = go.Figure()
    for place, label in enumerate(names):
        chosen = labels == place
        x, y = columns[across][chosen], columns[up][chosen]
        figure.add_scatter(x=x, y=y, mode="markers", name=label, marker=_marker(place, 5))
    figure.update_layout(height=430, margin=MARGIN, legend=LEGEND)
    figure.update_xaxes(title=across_title, zeroline=False, fixedrange=True)
    figure.update_yaxes(title=up_title, zeroline=False, fixedrange=True)
    return figure


def _pairs(columns: Columns, shown: Mapping[str, str], labels: NDArray[Any], names: Sequence[str]) -> go.Figure:
    import plotly.graph_objects as go

    figure = go.Figure()
    for place, label in enumerate(names):
        chosen = labels == place
        figure.add_splom(
            dimensions=[{"label": _broken(title), "values": columns[name][chosen]} for name, title in shown.items()],
            name=label,
            marker=_marker(place, 4),
            diagonal_visible=False,
            showupperhalf=False,
        )
    figure.update_layout(height=120 + 110 * len(shown), margin={**MARGIN, "l": 64, "b": 48}, legend=LEGEND)
    figure.update_xaxes(zeroline=False, fixedrange=True)
    figure.update_yaxes(zeroline=False, fixedrange=True)
    return figure


def _broken(title: str) -> str:
    """A long title in several lines, so that neighbours do not overlap."""
    return title.replace(" ", "<br>") if len(title) > 10 else title


def _marker(place: int, size: int) -> dict[str, Any]:
    return {"color": colour_of(place), "size": size, "opacity": 0.7, "symbol": _SYMBOLS[place % len(_SYMBOLS)]}
