"""Labels and colours of flows and their states."""

from __future__ import annotations

from core.jobs import jobs
from core.jobs.flow_control import RANDOM_CHECK
from core.jobs.prefect_api import FlowRun

ABOUT = {
    jobs.CHECK: "Evaluates the champion on each new dataset; trains, compares and promotes a challenger when needed.",
    jobs.GENERATE: "Generates and registers a dataset, then starts a check.",
    jobs.PREDICT_FILE: "Predicts every row of an uploaded file with the champion.",
    jobs.PREDICT_VIDEO: "Draws the champion's detections on every frame of an uploaded video.",
    jobs.IMPORT: "Imports the images and boxes of an uploaded dataset.",
    jobs.PROPOSE: "Proposes boxes on unlabelled images, for review on the Label page.",
    RANDOM_CHECK: "An exercise: draws a random number; below 0.5 means drift, and the task is retried.",
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
    words = {"AwaitingRetry": "awaiting retry", "AwaitingConcurrencySlot": "awaiting a slot"}
    return f":{colour}-badge[{icon} {words.get(state_name, state_name.lower())}]"


def span(seconds: float) -> str:
    """A duration in whole numbers: "30 s", "5 min", "1 min 30 s", "2 h 15 min"."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    big, small, units = (
        (whole // 60, whole % 60, ("min", "s")) if whole < 3600 else (whole // 3600, whole % 3600 // 60, ("h", "min"))
    )
    return f"{big} {units[0]} {small} {units[1]}" if small else f"{big} {units[0]}"


def started_by(run: FlowRun, job_starter: str | None = None) -> str:
    """Who started the run."""
    if run.auto_scheduled:
        return "by schedule"
    return f"by {job_starter}" if job_starter and job_starter != "schedule" else "manually"
