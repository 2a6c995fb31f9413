"""Charts of what broke a data contract, from the evidence that was stored with the dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.reporting.document import Block, Matrices, Matrix, Picture
from core.reporting.pdf_text import drawable
from core.workloads.charts import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HERE, BEFORE = "this dataset", "last datasets"
_FAR = 20.0
"""Beyond this ratio of two spreads an evenly divided axis would show the smaller one as a mere line."""


def picture(evidence: Mapping[str, Any]) -> Block | None:
    """The chart of a finding; None when there is nothing to draw, or a newer version wrote it."""
    draw = _KINDS.get(str(evidence.get("kind")))
    try:
        return draw(evidence) if draw is not None else None
    except (KeyError, TypeError, ValueError):
        return None


def _bars(evidence: Mapping[str, Any]) -> Block:
    names, values = [str(name) for name in evidence["names"]], [float(value) for value in evidence["values"]]
    told = ", ".join(f"{name} {value:g}" for name, value in zip(names, values, strict=True))

    def draw(axes: Axes) -> None:
        places = np.arange(len(names))
        axes.barh(places, values, color=[BLUE if name.endswith(("before", BEFORE)) else ORANGE for name in names])
        axes.set_yticks(places, [drawable(name) for name in names], parse_math=False)
        axes.set_xlabel(drawable(str(evidence["title"])), parse_math=False)
        axes.invert_yaxis()

    return Picture(draw, f"{evidence['title']}: {told}.", 0.9 + 0.35 * len(names))


def _quantiles(evidence: Mapping[str, Any]) -> Block:
    rows = [(HERE, [float(one) for one in evidence["here"]])]
    if evidence.get("reference"):
        rows.append((BEFORE, [float(one) for one in evidence["reference"]]))
    told = "; ".join(f"{name}: median {five[2]:.3g}, quartiles {five[1]:.3g} to {five[3]:.3g}" for name, five in rows)
    spans = sorted(five[4] - five[0] for _, five in rows)

    def draw(axes: Axes) -> None:
        keys = ("whislo", "q1", "med", "q3", "whishi")
        boxes = [{**dict(zip(keys, five, strict=True)), "label": name} for name, five in rows]
        axes.bxp(boxes, orientation="horizontal", showfliers=False)
        if spans[-1] > _FAR * spans[0]:
            axes.set_xscale("symlog", linthresh=max(spans[0], 1e-9))
        axes.set_xlabel(drawable(str(evidence["feature"])), parse_math=False)
        axes.invert_yaxis()

    return Picture(draw, f"{evidence['feature']}, {told}.", 0.9 + 0.45 * len(rows))


def _confusion(evidence: Mapping[str, Any]) -> Block:
    title, names = "Labels against what the earlier model expects", [str(name) for name in evidence["names"]]
    made = Matrix(title, names, evidence["matrix"], "expected by the earlier model", "label in this dataset")
    return Matrices((made,))


def _scatter(evidence: Mapping[str, Any]) -> Block:
    expected, actual = [[float(one) for one in evidence[name]] for name in ("expected", "actual")]

    def draw(axes: Axes) -> None:
        ends = [min(expected), max(expected)]
        axes.plot(ends, ends, color=GREY, linestyle="--")
        axes.scatter(expected, actual, s=5, color=ORANGE)
        axes.set_xlabel("expected by the earlier model")
        axes.set_ylabel(drawable(f"{evidence['title']} in this dataset"), parse_math=False)

    return Picture(draw, f"{evidence['title']} of {len(actual)} rows against what the earlier model expects.")


_KINDS: dict[str, Callable[[Mapping[str, Any]], Block]] = {
    "bars": _bars,
    "quantiles": _quantiles,
    "confusion": _confusion,
    "scatter": _scatter,
}
