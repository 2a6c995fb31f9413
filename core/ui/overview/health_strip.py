"""The health of the services over time as a Plotly figure, one row each. Pure: histories in, figure out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import TYPE_CHECKING

from core.monitoring.health_history import HealthInterval, History
from core.ui.shell.formats import duration, percent
from core.workloads.charts import GREEN, GREY, RED

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW_PX = 40
_STYLES = {True: (GREEN, 0.36), False: (RED, 0.74)}
"""Up and down: colour, and bar height as a share of the row, for colour-blind readers."""

_LEAST_SHARE = 0.003
"""Minimum width of an outage as a share of the time axis; a shorter one would be invisible."""


def strip(histories: Mapping[str, History], start: datetime, end: datetime, zone: tzinfo) -> go.Figure:
    """One row per label, from the top: green while up, red and taller while down, a thin grey line where there is no
    data. Times are shown in ``zone``."""
    import plotly.graph_objects as go

    rows = list(histories)
    figure = go.Figure()
    figure.add_bar(
        y=rows,
        base=[_clock(start, zone)] * len(rows),
        x=[1000 * (end - start).total_seconds()] * len(rows),
        orientation="h",
        width=0.06,
        marker={"color": GREY, "opacity": 0.45, "line": {"width": 0}},
        hovertemplate="%{y}<br>no data<extra></extra>",
    )
    least_s = _LEAST_SHARE * (end - start).total_seconds()
    for up, look in _STYLES.items():
        chosen = [(label, one) for label, history in histories.items() for one in history.stretches if one.up is up]
        if chosen:
            _add(figure, chosen, look, end, zone, least_s)
    figure.update_layout(
        barmode="overlay",
        height=48 + _ROW_PX * len(rows),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        uirevision="health",
    )
    figure.update_xaxes(type="date", range=[_clock(start, zone), _clock(end, zone)], fixedrange=True, nticks=6)
    figure.update_yaxes(
        autorange="reversed",
        automargin=True,
        fixedrange=True,
        showgrid=False,
        categoryorder="array",
        categoryarray=rows,
        tickvals=rows,
        ticktext=[_label(label, history) for label, history in histories.items()],
    )
    return figure


def _add(
    figure: go.Figure,
    chosen: Sequence[tuple[str, HealthInterval]],
    look: tuple[str, float],
    end: datetime,
    zone: tzinfo,
    least_s: float,
) -> None:
    colour, width = look
    seconds = [max(one.seconds, 0 if one.up else least_s) for _, one in chosen]
    figure.add_bar(
        y=[label for label, _ in chosen],
        # A widened bar must stay inside the axis.
        base=[
            _clock(min(one.since, end - timedelta(seconds=wide)), zone)
            for (_, one), wide in zip(chosen, seconds, strict=True)
        ],
        x=[1000 * wide for wide in seconds],
        orientation="h",
        width=width,
        marker={"color": colour, "line": {"width": 0}},
        customdata=[(_clock(one.since, zone).strftime("%d %b %H:%M:%S"), _words(one)) for _, one in chosen],
        hovertemplate="%{y}<br>from %{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    )


def _clock(when: datetime, zone: tzinfo) -> datetime:
    # Plotly drops the zone: what it is given must already read as the reader's clock does.
    return when.astimezone(zone).replace(tzinfo=None)


def _label(label: str, history: History) -> str:
    # Two lines: on a phone one long line would leave no room for the bars.
    share = "no data" if history.uptime is None else share_of(history.uptime)
    return f"{escape(label)}<br><b>{share}</b>"


def share_of(uptime: float) -> str:
    """As percent; 100 % only for a service that was never seen down."""
    return percent(uptime if uptime == 1 else min(uptime, 0.9999), 0 if uptime == 1 else 2)


def _words(one: HealthInterval) -> str:
    if one.up:
        return f"up for {duration(one.seconds)}, response time {one.milliseconds:.0f} ms"
    return f"down for {duration(one.seconds)}: {escape(one.detail[:70] or 'no details')}"
