"""The first section: what this report is about, and who serves."""

from __future__ import annotations

from core import __version__
from core.config.settings import get_settings
from core.loop.policy import Policy
from core.models import pins
from core.reporting.document import Block, Facts, Heading, Paragraph, Picture
from core.reporting.drawings import timeline
from core.reporting.records import MOST, Records
from core.reporting.text import MISSING, interval, moment, pairs
from core.reporting.timeline import path

_DRAWN = 120
"""Markers in the chart; on paper more could not be told apart."""


def summary(records: Records) -> list[Block]:
    """The workload, its champion, the rules of the loop, and the metric over time."""
    workload = records.workload
    facts = [
        ("Workload", f"{workload.title} ({workload.name}): {workload.description}"),
        ("Exported", f"{moment(records.at)} by {records.by}, with Shifumi {__version__}"),
        ("Champion", _champion(records)),
        ("Pin", _pin(workload.name)),
        ("Threshold", f"{workload.metric} {workload.threshold:g}"),
        ("Datasets", f"{records.total[0]:,}"),
        ("Decisions", f"{records.total[1]:,}"),
        ("Retention", _retention()),
        ("Rules in force", pairs(Policy.of(workload).as_json())),
    ]
    return [Heading("Summary"), Facts(facts), *_left_out(records), *_over_time(records)]


def _pin(workload: str) -> str:
    held = pins.active(workload)
    if held is None:
        return "none"
    return f"version {held.version} stays until {moment(held.until)}, by {held.by}: {held.reason}"


def _retention() -> str:
    days = get_settings().retention_days
    return f"decisions and evaluations older than {days:,} days may have been removed" if days else "nothing is removed"


def _champion(records: Records) -> str:
    champion = records.champion
    if champion is None:
        return "none" if not records.problem else f"{MISSING}: MLflow did not answer"
    measured = records.newest_evaluation(champion.version)
    if measured is None:
        return f"version {champion.version}, not evaluated yet"
    figure = interval(measured.value, measured.ci_low, measured.ci_high)
    return f"version {champion.version}, {measured.metric} {figure} on dataset {measured.dataset_id}"


def _left_out(records: Records) -> list[Block]:
    if max(records.total) <= MOST:
        return []
    return [Paragraph(f"Only the newest {MOST:,} datasets and decisions are in this report.", missing=True)]


def _over_time(records: Records) -> list[Block]:
    heading = Heading(f"{records.workload.metric} over time".capitalize(), 3)
    points = path(records.decisions, records.workload.threshold)
    if not points:
        return [heading, Paragraph("No decision has been made yet.", missing=True)]
    shown = points[-_DRAWN:]
    alt = (
        f"The champion's {records.workload.metric} after each decision, with its 95 % interval where it was measured; "
        f"{len(shown)} of {len(points)} markers, the last one: {shown[-1].value:.3f}."
    )
    return [heading, Picture(timeline(shown, records.workload.threshold, records.workload.metric), alt, 3.4)]
