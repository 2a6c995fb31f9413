"""Figures as a table to read, by source and for all, wide and as close-ups."""

from __future__ import annotations

from collections.abc import Sequence

from core.vision.detections import Detector
from tools.starter.evaluation import Figures, Judged, close_ups, figures, judge
from tools.starter.photos import Photo

_HEAD = "| source | photos | hands | mAP50 | found | named right | boxes right | false alarms | ms |"
_RULE = "|---|---|---|---|---|---|---|---|---|"


def table(detector: Detector, photos: Sequence[Photo], confidence: float) -> str:
    """A Markdown table: a line per source, one for all together, one for all hands as close-ups."""
    judged = judge(detector, photos)
    rows = [(source, of) for source, of in _by_source(judged).items()]
    rows.append(("all", judged))
    rows.append(("close-ups", judge(detector, close_ups(photos))))
    return "\n".join([_HEAD, _RULE, *(_row(name, figures(of, confidence)) for name, of in rows)])


def _by_source(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    found: dict[str, list[Judged]] = {}
    for one in judged:
        found.setdefault(one.photo.source, []).append(one)
    return found


def _row(name: str, of: Figures) -> str:
    cells = [_number(of.map50), *(_share(value) for value in (of.found, of.named, of.right, of.false_alarms))]
    return f"| {name} | {of.photos} | {of.hands} | {' | '.join(cells)} | {of.ms:.0f} |"


def _number(value: float) -> str:
    return "–" if value != value else f"{value:.2f}"


def _share(value: float) -> str:
    return "–" if value != value else f"{100 * value:.0f} %"
