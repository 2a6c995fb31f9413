"""The loop's decisions as a picture: the metric over time, with a marker for what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from textwrap import fill
from typing import TYPE_CHECKING

from core.catalog.tables import Decision
from core.decisions import FAILED, KEPT, PROMOTED, REJECTED, ROLLED_BACK
from core.ui.charts import BLUE, GREEN, GREY, ORANGE, RED, VIOLET

if TYPE_CHECKING:
    import plotly.graph_objects as go

DRIFT = "drift"


@dataclass(frozen=True, slots=True)
class Look:
    """How one kind of decision is drawn and named."""

    label: str
    symbol: str
    colour: str
    icon: str


LOOKS = {
    KEPT: Look("kept", "circle", BLUE, ":material/check:"),
    PROMOTED: Look("promoted", "triangle-up", GREEN, ":material/trending_up:"),
    REJECTED: Look("rejected", "square", GREY, ":material/block:"),
    ROLLED_BACK: Look("rolled back", "triangle-left", VIOLET, ":material/undo:"),
    FAILED: Look("failed", "x", RED, ":material/error:"),
    DRIFT: Look("drift", "diamond-open", ORANGE, ":material/warning:"),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One marker. ``value`` is the metric on the newest data at that moment."""

    at: datetime
    value: float
    kind: str
    text: str


def path(decisions: Sequence[Decision]) -> list[Point]:
    """Markers in the order of time, from decisions in any order.

    A promotion gives two: the old champion's figure (``kept``, or ``drift``) and the new one's. What
    was decided without measuring (rollback, failure) stands at the last known figure.
    """
    points: list[Point] = []
    for decision in sorted(decisions, key=lambda item: item.id):
        old = _champion_value(decision)
        if decision.drift and old is not None:
            points.append(Point(decision.at, old, DRIFT, _text(decision)))
        value = old if decision.kind == REJECTED else decision.metric
        if value is None:
            value = points[-1].value if points else None
        if value is not None:
            if decision.kind == PROMOTED and old is not None and not decision.drift:
                points.append(Point(decision.at, old, KEPT, _text(decision)))
            points.append(Point(decision.at, value, decision.kind, _text(decision)))
    return points


def figure(decisions: Sequence[Decision], threshold: float, metric: str) -> go.Figure:
    """The timeline: a line through the champion's figures and one marker per event."""
    import plotly.graph_objects as go

    marks = path(decisions)
    drawn = go.Figure()
    drawn.add_scatter(
        x=[mark.at for mark in marks],
        y=[mark.value for mark in marks],
        mode="lines",
        line={"color": GREY, "width": 1.5},
        showlegend=False,
        hoverinfo="skip",
    )
    for kind, look in LOOKS.items():
        chosen = [mark for mark in marks if mark.kind == kind]
        if not chosen:
            continue
        drawn.add_scatter(
            x=[mark.at for mark in chosen],
            y=[mark.value for mark in chosen],
            mode="markers",
            name=look.label,
            marker={
                "symbol": look.symbol,
                "color": look.colour,
                "size": 12,
                "line": {"width": 2, "color": look.colour},
            },
            text=[mark.text for mark in chosen],
            hovertemplate="%{x|%d %b %H:%M:%S}<br>%{y:.4f}<br>%{text}",
        )
    drawn.add_hline(threshold, line={"color": RED, "dash": "dot", "width": 1.5})
    drawn.add_annotation(
        x=1, xref="paper", xanchor="right", y=threshold, yanchor="bottom", text="threshold", showarrow=False
    )
    drawn.update_layout(
        height=320,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        yaxis_title=metric,
    )
    drawn.update_yaxes(tickformat=".2~f")
    return drawn


def _champion_value(decision: Decision) -> float | None:
    figures = decision.details.get("champion") if decision.details else None
    return float(figures["value"]) if figures else None


def _text(decision: Decision) -> str:
    # Plotly reads some HTML in hover texts.
    return escape(fill(f"{LOOKS[decision.kind].label}: {decision.reason}", 60)).replace("\n", "<br>")
