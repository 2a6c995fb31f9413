"""The loop's decisions as markers of a timeline, with their names and colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.catalog.tables import Decision
from core.config.messages import render
from core.loop.decisions import FAILED, KEPT, PENDING, PROMOTED, QUARANTINED, REJECTED, ROLLED_BACK
from core.workloads.charts import BLUE, GREEN, GREY, ORANGE, RED, VIOLET

DRIFT, DIP = "drift", "dip"
"""State of the old champion just before a challenger is trained."""

_CHANGES = {PROMOTED, ROLLED_BACK}


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
    confidence interval where it was measured. ``text`` is plain text."""

    at: datetime
    value: float
    kind: str
    text: str
    low: float | None = None
    high: float | None = None
    decision: int | None = None
    """The id of the decision it belongs to."""


Figures = dict[str, Any]
"""What a decision keeps about one model."""


def path(decisions: Sequence[Decision], threshold: float) -> list[Point]:
    """Markers in chronological order, from decisions in any order.

    Drift, a metric below the threshold and a change of champion give two: the old champion's value and the result.
    A change of champion by hand stands at the last known value of the version that serves from then on; other
    decisions without an evaluation (a failure) at the last value drawn, or on the threshold when there is none.
    """
    points: list[Point] = []
    known: dict[int | None, Figures] = {}
    for decision in sorted(decisions, key=lambda item: item.id):
        points.extend(_points(decision, threshold, points[-1].value if points else threshold, known))
        known |= _measured(decision)
    return points


def _points(decision: Decision, threshold: float, last: float, known: dict[int | None, Figures]) -> list[Point]:
    old, new = _figures(decision, "champion"), _figures(decision, "challenger")
    made: list[Point] = []
    if old is not None:
        before = DRIFT if decision.drift else DIP if float(old["value"]) < threshold else KEPT
        if before != KEPT or decision.kind in _CHANGES:
            made.append(_point(decision, before, old))
    changed = decision.kind in _CHANGES
    measured = new or known.get(decision.challenger_version) if changed else old
    if measured is not None:
        made.append(_point(decision, decision.kind, measured))
    else:
        value = last if decision.metric is None else decision.metric
        made.append(Point(decision.at, value, decision.kind, _text(decision), decision=decision.id))
    return made


def _measured(decision: Decision) -> dict[int | None, Figures]:
    """Version → what this decision says about it."""
    sides = (
        (decision.champion_version, _figures(decision, "champion")),
        (decision.challenger_version, _figures(decision, "challenger")),
    )
    return {version: figures for version, figures in sides if version is not None and figures and "value" in figures}


def _figures(decision: Decision, whose: str) -> Figures | None:
    return (decision.details or {}).get(whose)


def _point(decision: Decision, kind: str, figures: Figures) -> Point:
    low, high = figures.get("ci") or (None, None)
    return Point(decision.at, float(figures["value"]), kind, _text(decision), low, high, decision.id)


def _text(decision: Decision) -> str:
    return f"{LOOKS[decision.kind].label}: {render(decision.reason)}"
