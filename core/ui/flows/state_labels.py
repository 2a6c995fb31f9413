"""How flows and their states are named and coloured on pages."""

from __future__ import annotations

from core.jobs import jobs
from core.jobs.flow_control import RANDOM_CHECK
from core.jobs.prefect_api import FlowRun

ABOUT = {
    jobs.CHECK: "Measures the champion on the newest data; trains, compares and promotes when it must.",
    jobs.GENERATE: "Makes, stores and registers a dataset, then asks for a check.",
    jobs.PREDICT_FILE: "Answers every row of an uploaded file with the champion.",
    jobs.PREDICT_VIDEO: "Draws what the champion sees on every frame of an uploaded video.",
    jobs.IMPORT: "Takes over the pictures and boxes of an uploaded dataset.",
    jobs.PROPOSE: "Looks at pictures without labels and proposes boxes for a person to confirm.",
    RANDOM_CHECK: "The course's exercise: tosses a coin, and tries again when it says drift.",
}

_LOOKS = {
    "SCHEDULED": ("gray", ":material/schedule:"),
    "PENDING": ("gray", ":material/hourglass:"),
    "RUNNING": ("blue", ":material/progress_activity:"),
    "PAUSED": ("violet", ":material/pause:"),
    "CANCELLING": ("orange", ":material/stop_circle:"),
    "CANCELLED": ("gray", ":material/stop_circle:"),
    "COMPLETED": ("green", ":material/check_circle:"),
    "FAILED": ("red", ":material/error:"),
    "CRASHED": ("red", ":material/bolt:"),
}
_ATTENTION = {"Late", "AwaitingRetry"}

STATES: dict[str, list[str] | None] = {
    "All": None,
    "Live": ["SCHEDULED", "PENDING", "RUNNING", "CANCELLING", "PAUSED"],
    "Completed": ["COMPLETED"],
    "Failed": ["FAILED", "CRASHED"],
    "Cancelled": ["CANCELLED"],
}
"""Choices of the list of runs, with Prefect's state types behind them."""


def badge(state_type: str, state_name: str) -> str:
    """Markdown for a state."""
    colour, icon = _LOOKS.get(state_type, ("gray", ":material/help:"))
    if state_name in _ATTENTION:
        colour = "orange"
    words = {"AwaitingRetry": "awaiting retry", "AwaitingConcurrencySlot": "awaiting its turn"}
    return f":{colour}-badge[{icon} {words.get(state_name, state_name.lower())}]"


def span(seconds: float) -> str:
    """A stretch of time in whole numbers: "30 s", "5 min", "1 min 30 s", "2 h 15 min"."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    big, small, units = (
        (whole // 60, whole % 60, ("min", "s")) if whole < 3600 else (whole // 3600, whole % 3600 // 60, ("h", "min"))
    )
    return f"{big} {units[0]} {small} {units[1]}" if small else f"{big} {units[0]}"


def started_by(run: FlowRun, job_starter: str | None = None) -> str:
    """Who wanted it."""
    if run.auto_scheduled:
        return "by the schedule"
    return f"by {job_starter}" if job_starter and job_starter != "schedule" else "by hand"
