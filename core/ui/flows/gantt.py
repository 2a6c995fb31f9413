"""Timeline of a flow run and its tasks as a Plotly figure. Pure: segments in, figure out."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import fill
from typing import TYPE_CHECKING

from core.jobs.run_timeline import Outcome, Segment
from core.workloads.charts import BLUE, GREEN, GREY, RED, VIOLET

if TYPE_CHECKING:
    import plotly.graph_objects as go

_COLOURS: dict[Outcome, str] = {
    "waiting": "rgba(139,144,160,0.35)",
    "running": BLUE,
    "completed": GREEN,
    "failed": RED,
    "retrying": "rgba(224,123,31,0.35)",
    "cancelled": GREY,
    "crashed": "#8c2f39",
    "paused": VIOLET,
}
_TINTS: dict[Outcome, str] = {
    "waiting": "gray",
    "running": "blue",
    "completed": "green",
    "failed": "red",
    "retrying": "orange",
    "cancelled": "gray",
    "crashed": "red",
    "paused": "violet",
}
_LABELS: dict[Outcome, str] = {"retrying": "awaiting retry"}
_MIN_SHARE = 0.004


def gantt(found: Sequence[Segment]) -> go.Figure:
    """A row for the flow and for each task, a bar for each stretch, seconds on the axis."""
    import plotly.graph_objects as go

    rows = list(dict.fromkeys(segment.row for segment in found))
    whole = max((segment.end for segment in found), default=1.0)
    figure = go.Figure()
    for outcome, colour in _COLOURS.items():
        chosen = [segment for segment in found if segment.outcome == outcome]
        if not chosen:
            continue
        figure.add_bar(
            y=[segment.row for segment in chosen],
            base=[segment.start for segment in chosen],
            # A bar of a few milliseconds would be invisible.
            x=[max(segment.end - segment.start, _MIN_SHARE * whole) for segment in chosen],
            orientation="h",
            name=outcome,
            marker={"color": colour, "line": {"width": 0}},
            customdata=[(f"{segment.end - segment.start:.2f}", _html(segment.text)) for segment in chosen],
            hovertemplate="%{y}<br>%{customdata[0]} s, from second %{base:.2f}<br>%{customdata[1]}<extra></extra>",
        )
    figure.update_layout(
        barmode="overlay",
        bargap=0.35,
        height=64 + 34 * len(rows),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        uirevision="gantt",
    )
    figure.update_xaxes(title="seconds", rangemode="tozero", zeroline=False)
    figure.update_yaxes(autorange="reversed", automargin=True, categoryorder="array", categoryarray=rows)
    return figure


def legend(found: Sequence[Segment]) -> str:
    """The colours that occur, as Markdown: Plotly's own legend covers the bars on a narrow screen."""
    occurring = {segment.outcome for segment in found}
    return " ".join(f":{_TINTS[one]}-badge[{_LABELS.get(one, one)}]" for one in _COLOURS if one in occurring)


def _html(text: str) -> str:
    return "<br>".join(escape(fill(line, 70)).replace("\n", "<br>") for line in text.splitlines()[:6])
