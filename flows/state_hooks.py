"""Prefect state hooks: notify Discord, and end jobs whose flow could not do it itself.

The engine passes their arguments by position, the runner (after a cancellation or crash) by name: the names ``flow``,
``flow_run`` and ``state`` are Prefect's.
"""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import FlowRun, State
from prefect.flows import Flow

from core.config.messages import render
from core.jobs import jobs
from core.loop import decisions
from core.monitoring.notify import BLUE, GREEN, RED, YELLOW, send_discord_embed


def on_start(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Announce a run started by a user; scheduled runs are not announced."""
    if not flow_run.auto_scheduled or flow.name == "random-check":
        send_discord_embed(f"▶ {flow.name} started", f"Run {flow_run.name}", BLUE)


def on_end(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Announce the result of a run, except for scheduled runs without a change."""
    job = jobs.of_flow_run(str(flow_run.id))
    kept = job is not None and job.result.get("decision") in {None, "kept"}
    if flow_run.auto_scheduled and kept and flow.name != "random-check":
        return
    send_discord_embed(f"✔ {flow.name} completed", render(job.message) if job else state.message or "Completed", GREEN)


def on_failure(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    _ended_badly(flow, flow_run, state, jobs.FAILED)


def on_crash(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    _ended_badly(flow, flow_run, state, jobs.CRASHED)


def _ended_badly(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any], outcome: str) -> None:
    job = jobs.of_flow_run(str(flow_run.id))
    reason = state.message or outcome
    if job is not None:
        jobs.finish(job.id, outcome, jobs.ended_message(job, reason))
        told = (jobs.get(job.id) or job).message
        reason = render(told)
        if job.kind == jobs.CHECK:
            decisions.failed(job.workload, told, str(flow_run.id))
    send_discord_embed(f"✖ {flow.name} {outcome}", reason, RED, {"run": flow_run.name})


def on_cancel(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Free the concurrency key of a run that was stopped."""
    job = jobs.of_flow_run(str(flow_run.id))
    if job is not None:
        jobs.finish(job.id, jobs.CANCELLED, jobs.ended_message(job, state.message or "Cancelled"))
    send_discord_embed(f"■ {flow.name} cancelled", state.message or "", YELLOW, {"run": flow_run.name})


HOOKS: dict[str, Any] = {
    "on_running": [on_start],
    "on_completion": [on_end],
    "on_failure": [on_failure],
    "on_crashed": [on_crash],
    "on_cancellation": [on_cancel],
}
"""Keyword arguments for ``@flow``."""
