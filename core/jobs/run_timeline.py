"""A flow run over time: its states and those of its tasks, as segments to draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal

from core.jobs.prefect_api import TERMINAL, to_time

Outcome = Literal["waiting", "running", "completed", "failed", "retrying", "cancelled", "crashed", "paused"]
_ENDS: dict[str, Outcome] = {
    "COMPLETED": "completed",
    "FAILED": "failed",
    "CRASHED": "crashed",
    "CANCELLED": "cancelled",
    "CANCELLING": "cancelled",
}
_RETRY = "AwaitingRetry"


@dataclass(frozen=True, slots=True)
class State:
    """One Prefect state. ``type`` is Prefect's (RUNNING, …), ``name`` its display name."""

    type: str
    name: str
    at: datetime
    message: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of one row, in seconds since the chart's origin. ``outcome`` is the result."""

    row: str
    start: float
    end: float
    outcome: Outcome
    text: str


def states(raw: Sequence[Mapping[str, Any]]) -> list[State]:
    """From Prefect's own fields, in chronological order."""
    found = [
        State(str(one["type"]), str(one["name"]), at, str(one.get("message") or ""))
        for one in raw
        if (at := to_time(one.get("timestamp"))) is not None
    ]
    return sorted(found, key=lambda state: state.at)


def origin(flow: Sequence[State], due: datetime | None) -> datetime:
    """Start of the time axis: when the run was due, or when it was requested, if that was later.

    Scheduled runs are created long before they are due, and picked up seconds before; that waiting time is not
    interesting.
    """
    begun = next((state.at for state in flow if state.type == "RUNNING"), flow[-1].at)
    return min(max(due, flow[0].at), begun) if due else flow[0].at


def segments(row: str, history: Sequence[State], start: datetime, now: datetime) -> list[Segment]:
    """The row's segments from ``start`` on; the last one reaches to ``now`` unless the row has ended.

    A running segment has the colour of its result, so that failed attempts and the successful one are easy to
    distinguish.
    """
    found = []
    ends: list[State | None] = [*history[1:], None]
    for state, after in zip(history, ends, strict=True):
        if state.type in TERMINAL:
            continue
        begun, ended = (state.at - start).total_seconds(), ((after.at if after else now) - start).total_seconds()
        if ended > 0 and ended > begun:
            found.append(Segment(row, max(begun, 0.0), ended, _outcome(state, after), _text(state, after)))
    return found


def _outcome(state: State, after: State | None) -> Outcome:
    if state.name == _RETRY:
        return "retrying"
    if state.type == "PAUSED":
        return "paused"
    if state.type != "RUNNING":
        return "cancelled" if state.type == "CANCELLING" else "waiting"
    if after is None:
        return "running"
    return "failed" if after.name == _RETRY else _ENDS.get(after.type, "running")


def _text(state: State, after: State | None) -> str:
    message = after.message if after and after.type != "COMPLETED" else state.message
    return f"{state.name} → {after.name}\n{message}" if after else f"{state.name}\n{state.message}"


def tries(history: Sequence[State]) -> int:
    """Number of times it started to run."""
    begun = [b for a, b in pairwise(history) if b.type == "RUNNING" and a.type != "RUNNING"]
    return len(begun) + bool(history and history[0].type == "RUNNING")
