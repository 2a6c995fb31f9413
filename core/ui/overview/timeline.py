"""The loop's decisions as a chart: the metric over time, with a marker for each event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from html import escape
from textwrap import fill
from typing import TYPE_CHECKING

from core.catalog.tables import Decision
from core.loop.decisions import KEPT
from core.reporting.timeline import LOOKS as LOOKS
from core.reporting.timeline import Point, path
from core.workloads.charts import GREY, RED

if TYPE_CHECKING:
    import plotly.graph_objects as go

_CROWDED = 150
_BAND = "rgba(139,144,160,0.18)"


def thinned(points: Sequence[Point], most: int = _CROWDED) -> list[Point]:
    """The same line with fewer points: above ``most``, only the ends of a flat stretch of ``kept`` stay."""
    if len(points) <= most:
        return list(points)
    return [
        point
        for before, point, after in zip([None, *points[:-1]], points, [*points[1:], None], strict=True)
        if not (before and after and _flat(before, point) and _flat(point, after))
    ]


def _flat(one: Point, other: Point) -> bool:
    return one.kind == other.kind == KEPT and one.value == other.value


def figure(decisions: Sequence[Decision], threshold: float, metric: str, zone: tzinfo = UTC) -> go.Figure:
    """The timeline: a line through the champion's metric and one marker per event, in ``zone``'s time."""
    import plotly.graph_objects as go

    marks = thinned(path(decisions, threshold))
    # Plotly drops the zone: what it is given must already read as the reader's clock does.
    times = [mark.at.astimezone(zone).replace(tzinfo=None) for mark in marks]
    drawn = go.Figure()
    _add_band(drawn, marks, times)
    # Steps, not slopes: a value holds until the next one was measured.
    line = {"color": GREY, "width": 1.5, "shape": "hv"}
    values = [mark.value for mark in marks]
    drawn.add_scatter(x=times, y=values, mode="lines", line=line, showlegend=False, hoverinfo="skip")
    _add_markers(drawn, marks, times)
    # Named in the legend: a label beside the line would cover markers near it.
    drawn.add_hline(
        threshold, line={"color": RED, "dash": "dot", "width": 1.5}, name=f"threshold {threshold:g}", showlegend=True
    )
    drawn.update_layout(
        height=320,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        yaxis_title=metric,
        uirevision="timeline",
    )
    drawn.update_yaxes(tickformat=".2~f")
    if times and times[0] == times[-1]:
        # With a single timestamp Plotly would show years.
        drawn.update_xaxes(range=[times[0] - timedelta(minutes=30), times[0] + timedelta(minutes=30)])
    return drawn


def _add_band(drawn: go.Figure, marks: Sequence[Point], times: Sequence[datetime]) -> None:
    """The confidence interval, as a band behind everything else."""
    sure = [(at, mark) for at, mark in zip(times, marks, strict=True) if mark.low is not None]
    if len(sure) < 2:
        return
    edges = {"mode": "lines", "line": {"width": 0, "shape": "hv"}, "showlegend": False, "hoverinfo": "skip"}
    drawn.add_scatter(x=[at for at, _ in sure], y=[mark.low for _, mark in sure], **edges)
    drawn.add_scatter(
        x=[at for at, _ in sure], y=[mark.high for _, mark in sure], fill="tonexty", fillcolor=_BAND, **edges
    )


def _add_markers(drawn: go.Figure, marks: Sequence[Point], times: Sequence[datetime]) -> None:
    for kind, look in LOOKS.items():
        chosen = [(at, mark) for at, mark in zip(times, marks, strict=True) if mark.kind == kind]
        if not chosen:
            continue
        drawn.add_scatter(
            x=[at for at, _ in chosen],
            y=[mark.value for _, mark in chosen],
            mode="markers",
            name=look.label,
            marker={
                "symbol": look.symbol,
                "color": look.colour,
                "size": look.size if kind != KEPT or len(marks) <= _CROWDED else 3,
                "line": {"width": 2 if look.size > 6 else 0, "color": look.colour},
            },
            text=[_text(mark) for _, mark in chosen],
            customdata=[mark.decision for _, mark in chosen],
            hovertemplate="%{x|%d %b %H:%M:%S}<br>%{y:.4f}<br>%{text}",
        )


def _text(mark: Point) -> str:
    # Plotly reads some HTML in hover texts.
    return escape(fill(mark.text, 60)).replace("\n", "<br>")
