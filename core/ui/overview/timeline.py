"""The loop's decisions as a chart: the metric over time, with a marker for each event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from html import escape
from textwrap import fill
from typing import TYPE_CHECKING, Any

from core.catalog.tables import Decision
from core.config.messages import render
from core.loop.decisions import FAILED, KEPT, PENDING, PROMOTED, QUARANTINED, REJECTED, ROLLED_BACK
from core.workloads.charts import BLUE, GREEN, GREY, ORANGE, RED, VIOLET

if TYPE_CHECKING:
    import plotly.graph_objects as go

DRIFT, DIP = "drift", "dip"
"""State of the old champion just before a challenger is trained."""

_CHANGES = {PROMOTED, ROLLED_BACK}
_CROWDED = 150
_BAND = "rgba(139,144,160,0.18)"


@dataclass(frozen=True, slots=True)
class Look:
    """How one kind of decision is drawn and named."""

    label: str
    symbol: str
    colour: str
    icon: str
    tint: str
    """Colour name in Streamlit's Markdown."""
    size: int = 13


LOOKS = {
    KEPT: Look("kept", "circle", BLUE, ":material/check:", "blue", 6),
    PROMOTED: Look("promoted", "triangle-up", GREEN, ":material/trending_up:", "green"),
    PENDING: Look("challenger waits", "hourglass", ORANGE, ":material/hourglass_empty:", "orange", 11),
    REJECTED: Look("rejected", "square", GREY, ":material/block:", "gray", 11),
    ROLLED_BACK: Look("rolled back", "triangle-left", VIOLET, ":material/undo:", "violet"),
    QUARANTINED: Look("quarantined", "hexagon-open", RED, ":material/gpp_bad:", "red", 12),
    FAILED: Look("failed", "x", RED, ":material/error:", "red", 11),
    DRIFT: Look("drift", "diamond-open", ORANGE, ":material/warning:", "orange"),
    DIP: Look("below threshold", "diamond-tall-open", ORANGE, ":material/south_east:", "orange"),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One marker. ``value`` is the metric on the newest data at that moment, ``low`` and ``high`` its
    confidence interval where it was measured."""

    at: datetime
    value: float
    kind: str
    text: str
    low: float | None = None
    high: float | None = None


def path(decisions: Sequence[Decision], threshold: float) -> list[Point]:
    """Markers in chronological order, from decisions in any order.

    Drift, a metric below the threshold and a change of champion give two: the old champion's value and the result.
    Decisions without an evaluation (a rollback by hand, a failure) are drawn at the last known value, or on the
    threshold when there is none.
    """
    points: list[Point] = []
    for decision in sorted(decisions, key=lambda item: item.id):
        points.extend(_points(decision, threshold, points[-1].value if points else threshold))
    return points


def _points(decision: Decision, threshold: float, last: float) -> list[Point]:
    old, new = _figures(decision, "champion"), _figures(decision, "challenger")
    made: list[Point] = []
    if old is not None:
        before = DRIFT if decision.drift else DIP if float(old["value"]) < threshold else KEPT
        if before != KEPT or decision.kind in _CHANGES:
            made.append(_point(decision, before, old))
    measured = new if decision.kind in _CHANGES else old
    if measured is not None:
        made.append(_point(decision, decision.kind, measured))
    else:
        value = last if decision.metric is None else decision.metric
        made.append(Point(decision.at, value, decision.kind, _text(decision)))
    return made


def _figures(decision: Decision, whose: str) -> dict[str, Any] | None:
    return (decision.details or {}).get(whose)


def _point(decision: Decision, kind: str, figures: dict[str, Any]) -> Point:
    low, high = figures.get("ci") or (None, None)
    return Point(decision.at, float(figures["value"]), kind, _text(decision), low, high)


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
    line = {"color": GREY, "width": 1.5}
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
    edges = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
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
            text=[mark.text for _, mark in chosen],
            hovertemplate="%{x|%d %b %H:%M:%S}<br>%{y:.4f}<br>%{text}",
        )


def _text(decision: Decision) -> str:
    # Plotly reads some HTML in hover texts.
    return escape(fill(f"{LOOKS[decision.kind].label}: {render(decision.reason)}", 60)).replace("\n", "<br>")
