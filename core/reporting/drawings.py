"""Charts of a report on Matplotlib axes: they are drawn without a browser, in colours that print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.reporting.document import Matrix
from core.reporting.pdf_text import drawable
from core.reporting.timeline import LOOKS, Point
from core.workloads.charts import GREY, RED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Draw = Callable[["Axes"], None]

_SYMBOLS = {
    "circle": "o",
    "triangle-up": "^",
    "triangle-left": "<",
    "hourglass": "X",
    "square": "s",
    "hexagon-open": "h",
    "x": "x",
    "diamond-open": "D",
    "diamond-tall-open": "d",
}
"""Plotly's symbol → Matplotlib's."""


def timeline(points: Sequence[Point], threshold: float, metric: str) -> Draw:
    """The metric after each decision, in order, with a marker per event. Decisions are named by their number."""

    def draw(axes: Axes) -> None:
        places = np.arange(len(points))
        values = [point.value for point in points]
        axes.step(places, values, where="post", color=GREY, linewidth=1.2, zorder=1)
        measured = [(place, one) for place, one in zip(places, points, strict=True) if one.low is not None]
        if measured:
            low_high = np.array([(one.value - (one.low or 0.0), (one.high or 0.0) - one.value) for _, one in measured])
            axes.errorbar(
                [place for place, _ in measured],
                [one.value for _, one in measured],
                np.maximum(low_high.T, 0),
                fmt="none",
                ecolor=GREY,
                alpha=0.6,
                zorder=1,
            )
        for kind in dict.fromkeys(point.kind for point in points):
            _markers(axes, kind, [(place, one) for place, one in zip(places, points, strict=True) if one.kind == kind])
        axes.axhline(threshold, color=RED, linestyle=":", label=f"threshold {threshold:g}")
        _name_decisions(axes, points)
        axes.set(xlabel="decision (its number in the list below)", ylabel=metric)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=5, fontsize=7.5, frameon=False)

    return draw


def _markers(axes: Axes, kind: str, marks: Sequence[tuple[Any, Point]]) -> None:
    look = LOOKS[kind]
    hollow = "open" in look.symbol
    axes.scatter(
        [place for place, _ in marks],
        [one.value for _, one in marks],
        marker=_SYMBOLS[look.symbol],
        s=look.size**2 * 0.45,
        facecolors="none" if hollow else look.colour,
        edgecolors=None if look.symbol == "x" else look.colour,
        label=look.label,
        zorder=2,
    )


def _name_decisions(axes: Axes, points: Sequence[Point]) -> None:
    step = max(1, len(points) // 16)
    shown = range(0, len(points), step)
    axes.set_xticks(list(shown), [f"{points[place].decision}" for place in shown], fontsize=8)


def matrix(given: Matrix) -> Draw:
    """A confusion matrix, shaded by the share of its row."""

    def draw(axes: Axes) -> None:
        counts = np.asarray(given.counts, dtype=np.int64)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1.6, edgecolors="white", linewidth=1)
        for row, column in np.ndindex(counts.shape):
            words = f"{counts[row, column]:,}\n{shares[row, column]:.1%}"
            axes.text(column + 0.5, row + 0.5, words, ha="center", va="center", fontsize=8)
        names = [drawable(name) for name in given.names]
        ticks = np.arange(len(names)) + 0.5
        axes.set_xticks(ticks, names, fontsize=8, parse_math=False)
        axes.set_yticks(ticks, names, fontsize=8, parse_math=False)
        axes.set(xlabel=given.across, ylabel=given.down)
        axes.invert_yaxis()
        axes.set_aspect("equal")

    return draw
