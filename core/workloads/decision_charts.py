"""Charts of the data behind a decision: distributions, and the samples that one of two models got right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.workloads.charts import BLUE, GREEN, GREY, LEGEND, MARGIN, ORANGE

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_FEATURES = 4
_BINS = 40
Columns = Mapping[str, NDArray[np.float64]]


def distributions(before: Columns, now: Columns, titles: Mapping[str, str]) -> go.Figure:
    """Each of the first features in two datasets, as densities over the same bins; arrays of shape (n,)."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    shown = list(titles)[:MOST_FEATURES]
    figure = make_subplots(rows=1, cols=len(shown), horizontal_spacing=0.06)
    for place, name in enumerate(shown, start=1):
        edges = np.histogram_bin_edges(np.concatenate([before[name], now[name]]), bins=_BINS)
        middles = (edges[:-1] + edges[1:]) / 2
        for label, columns, colour in (("champion's training data", before, GREY), ("this dataset", now, ORANGE)):
            heights = np.histogram(columns[name], edges, density=True)[0]
            line = {"color": colour, "shape": "hvh"}
            drawn = go.Scatter(x=middles, y=heights, name=label, line=line, mode="lines", showlegend=place == 1)
            figure.add_trace(drawn, row=1, col=place)
        figure.update_xaxes(title=titles[name], row=1, col=place)
    figure.update_layout(height=260, margin=MARGIN, legend=LEGEND)
    figure.update_yaxes(showticklabels=False)
    return figure


def discordant(columns: Columns, won: NDArray[np.bool_], titles: Mapping[str, str]) -> go.Figure:
    """Samples that exactly one model predicts correctly, over the first two features, or over the only one.

    ``won``, shape (n,): whether that was the challenger.
    """
    import plotly.graph_objects as go

    names = list(titles)
    across, up = names[0], names[1] if len(names) > 1 else None
    figure = go.Figure()
    sides = (("only champion right", ~won, BLUE, "circle"), ("only challenger right", won, GREEN, "diamond"))
    for label, chosen, colour, symbol in sides:
        heights = columns[up][chosen] if up else won[chosen].astype(np.float64)
        figure.add_scatter(
            x=columns[across][chosen],
            y=heights,
            mode="markers",
            name=f"{label} ({int(chosen.sum()):,})",
            marker={"color": colour, "symbol": symbol, "size": 6, "opacity": 0.7},
        )
    figure.update_layout(height=360, margin=MARGIN, legend=LEGEND)
    figure.update_xaxes(title=titles[across], zeroline=False)
    figure.update_yaxes(title=titles[up] if up else "", zeroline=False, showticklabels=up is not None)
    return figure
