"""Pictures of what breaks a data contract: the evidence of a finding in, a Plotly figure out.

Colours and margins are those of :mod:`core.workloads.charts`; Plotly is imported inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.workloads.charts import BLUE, GREY, MARGIN, ORANGE, confusion
from core.workloads.views import View

if TYPE_CHECKING:
    import plotly.graph_objects as go

HERE, BEFORE = "this dataset", "last datasets"
_COLOURS = {HERE: ORANGE, BEFORE: BLUE}
_FAR = 20.0
"""Beyond this ratio of two spreads the smaller one is a line: each gets an axis of its own."""


def picture(evidence: Mapping[str, Any]) -> View:
    """A figure with its description; an empty view when there is nothing to draw, or a newer version wrote it."""
    draw = _KINDS.get(str(evidence.get("kind")))
    try:
        return draw(evidence) if draw is not None else View()
    except (KeyError, TypeError, ValueError):
        return View()


def _bars(evidence: Mapping[str, Any]) -> View:
    import plotly.graph_objects as go

    names, values = [str(name) for name in evidence["names"]], [float(value) for value in evidence["values"]]
    shares = all(0 <= value <= 1 for value in values) and any(value % 1 for value in values)
    texts = [f"{value:.1%}".replace("%", " %") if shares else f"{value:,.0f}" for value in values]
    colours = [_COLOURS.get(name, BLUE if name.endswith("before") else ORANGE) for name in names]
    bars = go.Bar(
        x=values,
        y=[f"class {name}" if name.isdecimal() else name for name in names],
        orientation="h",
        marker_color=colours,
        text=texts,
        textposition="auto",
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_layout(height=90 + 36 * len(names), margin=MARGIN, xaxis_title=evidence["title"], showlegend=False)
    figure.update_xaxes(tickformat=".0%" if shares else ",", rangemode="tozero", fixedrange=True)
    figure.update_yaxes(autorange="reversed", automargin=True, fixedrange=True)
    told = ", ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
    return View(figure, f"{evidence['title']}: {told}.")


def _quantiles(evidence: Mapping[str, Any]) -> View:
    """Box plots, one row each; with axes of their own where one of the two would be a mere line."""
    from plotly.subplots import make_subplots

    feature, here, before = evidence["feature"], evidence["here"], evidence.get("reference")
    rows = [(HERE, here), *([(BEFORE, before)] if before else [])]
    apart = before is not None and _unlike(here, before)
    figure = make_subplots(rows=len(rows) if apart else 1, cols=1, vertical_spacing=0.34)
    for place, (name, five) in enumerate(rows):
        _add_box(figure, name, five, place + 1 if apart else 1)
    figure.update_layout(height=(70 if apart else 60) + 75 * len(rows), margin={**MARGIN, "b": 36}, showlegend=False)
    figure.update_xaxes(fixedrange=True, zeroline=False)
    figure.update_yaxes(fixedrange=True, automargin=True)
    figure.update_xaxes(title=str(feature), row=len(rows) if apart else 1)
    told = "; ".join(f"{name}: median {five[2]:.3g}, quartiles {five[1]:.3g} to {five[3]:.3g}" for name, five in rows)
    return View(figure, f"{feature}, {told}.")


def _add_box(figure: go.Figure, name: str, five: list[float], row: int) -> None:
    figure.add_box(
        y=[name],
        lowerfence=[five[0]],
        q1=[five[1]],
        median=[five[2]],
        q3=[five[3]],
        upperfence=[five[4]],
        orientation="h",
        name=name,
        marker_color=_COLOURS[name],
        row=row,
        col=1,
    )


def _unlike(here: list[float], before: list[float]) -> bool:
    spans = sorted((here[4] - here[0], before[4] - before[0]))
    return spans[1] > _FAR * spans[0]


def _confusion(evidence: Mapping[str, Any]) -> View:
    figure = confusion(evidence["matrix"], evidence["names"])
    figure.update_layout(xaxis_title="expected by the earlier model", yaxis_title="label in this dataset")
    rows = zip(evidence["names"], evidence["matrix"], strict=True)
    told = "; ".join(f"labelled {name}: {', '.join(f'{count:,}' for count in counts)}" for name, counts in rows)
    return View(figure, f"Labels against what the earlier model expects: {told}.")


def _scatter(evidence: Mapping[str, Any]) -> View:
    import plotly.graph_objects as go

    expected, actual = evidence["expected"], evidence["actual"]
    ends = [min(expected), max(expected)]
    figure = go.Figure()
    figure.add_scatter(x=ends, y=ends, mode="lines", name="as expected", line={"color": GREY, "dash": "dash"})
    figure.add_scatter(x=expected, y=actual, mode="markers", name="rows", marker={"color": ORANGE, "size": 5})
    figure.update_layout(height=320, margin=MARGIN, showlegend=False)
    figure.update_xaxes(title="expected by the earlier model", zeroline=False, fixedrange=True)
    figure.update_yaxes(title=f"{evidence['title']} in this dataset", zeroline=False, fixedrange=True)
    return View(figure, f"{evidence['title']} of {len(actual)} rows against what the earlier model expects.")


_KINDS: dict[str, Callable[[Mapping[str, Any]], View]] = {
    "bars": _bars,
    "quantiles": _quantiles,
    "confusion": _confusion,
    "scatter": _scatter,
}
