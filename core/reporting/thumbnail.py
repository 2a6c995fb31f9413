"""The timeline as a small picture, for messages."""

from __future__ import annotations

from io import BytesIO

from core.loop import decisions
from core.reporting.drawings import timeline
from core.reporting.timeline import path
from core.workloads import get_workload

_DECISIONS = 30
_INCHES = (6.4, 2.6)


def timeline_png(workload: str) -> bytes | None:
    """The newest decisions as a PNG of 640 × 260 pixels; None when there are none."""
    from matplotlib.figure import Figure

    learnt = get_workload(workload)
    points = path(decisions.latest(workload, _DECISIONS), learnt.threshold)
    if not points:
        return None
    figure = Figure(figsize=_INCHES, dpi=100, layout="constrained")
    timeline(points, learnt.threshold, learnt.metric)(figure.subplots())
    made = BytesIO()
    figure.savefig(made, format="png")
    return made.getvalue()
