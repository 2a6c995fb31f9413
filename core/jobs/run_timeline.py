"""A flow run in time: its own states and those of its tasks, as segments to draw."""

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
    """One state as Prefect noted it. ``type`` is Prefect's (RUNNING, …), ``name`` what people call it."""

    type: str
    name: str
    at: datetime
    message: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one row, in seconds since the picture's origin. ``outcome`` says what it came to."""

    row: str
    start: float
    end: float
    outcome: Outcome
    text: str


def states(raw: Sequence[Mapping[str, Any]]) -> list[State]:
    """From Prefect's own fields, in the order of time."""
    found = [
        State(str(one["type"]), str(one["name"]), at, str(one.get("message") or ""))
        for one in raw
        if (at := to_time(one.get("timestamp"))) is not None
    ]
    return sorted(found, key=lambda state: state.at)


def origin(flow: Sequence[State], due: datetime | None) -> datetime:
    """Where the picture begins: when the run was due, or when it was asked for, if that was later.

    The schedule notes a run long before it is due, and the runner takes it seconds before; that waiting
    says nothing.
    """
    begun = next((state.at for state in flow if state.type == "RUNNING"), flow[-1].at)
    return min(max(due, flow[0].at), begun) if due else flow[0].at


def segments(row: str, history: Sequence[State], start: datetime, now: datetime) -> list[Segment]:
    """The row's stretches from ``start`` on; the last one reaches to ``now`` unless the row has ended.

    A running stretch takes the colour of what it came to: tries that failed and the one that made it
    are told apart at a glance.
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
    told = after.message if after and after.type != "COMPLETED" else state.message
    return f"{state.name} → {after.name}\n{told}" if after else f"{state.name}\n{state.message}"


def tries(history: Sequence[State]) -> int:
    """How often it started to run."""
    begun = [b for a, b in pairwise(history) if b.type == "RUNNING" and a.type != "RUNNING"]
    return len(begun) + bool(history and history[0].type == "RUNNING")
