"""Prefect's REST API, as far as pages and jobs need it.

Over HTTP rather than with Prefect's own client: importing the client costs each process a second and
80 MB, and ``core`` stays independent of the orchestrator.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import httpx

from core.config.messages import say
from core.config.settings import get_settings

TERMINAL = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})


class PrefectUnavailableError(RuntimeError):
    """The Prefect server does not respond; the message says what to do."""


class PrefectRefusedError(RuntimeError):
    """Prefect responded, but rejected the request."""


class PrefectUnknownError(PrefectRefusedError):
    """Prefect has no such deployment or run."""


@dataclass(frozen=True, slots=True)
class FlowRun:
    """A flow run as pages show it. ``state_type`` is Prefect's (SCHEDULED, RUNNING, COMPLETED, …)."""

    id: str
    name: str
    flow_id: str
    deployment_id: str | None
    state_type: str
    state_name: str
    state_message: str
    state_at: datetime | None
    parameters: dict[str, Any]
    tags: tuple[str, ...]
    run_count: int
    auto_scheduled: bool
    expected_start: datetime | None
    start: datetime | None
    end: datetime | None
    seconds: float

    @property
    def terminal(self) -> bool:
        return self.state_type in TERMINAL


@lru_cache(maxsize=4)
def _client_for(base_url: str) -> httpx.Client:
    return httpx.Client(base_url=base_url, timeout=5.0)


def _request(method: str, path: str, body: object | None = None) -> Any:
    try:
        answer = _patiently(method, path, body)
    except httpx.TransportError as error:
        raise PrefectUnavailableError(say("prefect.away")) from error
    if answer.status_code >= 500:
        raise PrefectUnavailableError(say("prefect.error", status=answer.status_code))
    if answer.status_code == 404:
        raise PrefectUnknownError(say("prefect.unknown", name=path.rsplit("/", 1)[-1]))
    if answer.is_error:
        raise PrefectRefusedError(say("prefect.refused", status=answer.status_code, text=answer.text[:300]))
    return answer.json() if answer.content else None


def _patiently(method: str, path: str, body: object | None) -> httpx.Response:
    """One request; retried on 503, which means that SQLite was locked for a moment."""
    client = _client_for(get_settings().prefect_api)
    for pause_s in (0.1, 0.2, 0.4, 0.8, 1.6):
        answer = client.request(method, path, json=body)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            return answer
        time.sleep(pause_s)
    return client.request(method, path, json=body)


def healthy() -> bool:
    """True when the server responds."""
    try:
        return _request("GET", "/health") is True
    except (PrefectUnavailableError, PrefectRefusedError):
        return False


def create_run(deployment: str, parameters: Mapping[str, Any], key: str | None = None) -> FlowRun:
    """Start a run of ``deployment`` ("flow/deployment") as soon as the runner picks it up.

    ``key`` makes it idempotent: a repeated call returns the first run.

    Raises :class:`PrefectUnavailableError`, or :class:`PrefectRefusedError` when the deployment is
    unknown (not registered by the flow runner yet) or the parameters are invalid.
    """
    try:
        found = _request("GET", f"/deployments/name/{deployment}")
    except PrefectUnknownError as error:
        raise PrefectUnknownError(say("prefect.no_deployment", name=deployment)) from error
    body = {"parameters": dict(parameters), "state": {"type": "SCHEDULED"}, "idempotency_key": key}
    return _flow_run(_request("POST", f"/deployments/{found['id']}/create_flow_run", body))


def get_run(flow_run_id: str) -> FlowRun:
    return _flow_run(_request("GET", f"/flow_runs/{flow_run_id}"))


def runs(
    states: Sequence[str] | None = None,
    deployment_id: str | None = None,
    limit: int = 50,
    sort: str = "EXPECTED_START_TIME_DESC",
    offset: int = 0,
    due_before: datetime | None = None,
) -> list[FlowRun]:
    """Flow runs, by default the latest; ``states`` are state types.

    ``due_before`` leaves out runs scheduled for later.
    """
    body: dict[str, Any] = {"limit": limit, "sort": sort, "offset": offset, "flow_runs": {}}
    if states:
        body["flow_runs"]["state"] = {"type": {"any_": list(states)}}
    if deployment_id:
        body["flow_runs"]["deployment_id"] = {"any_": [deployment_id]}
    if due_before:
        body["flow_runs"]["expected_start_time"] = {"before_": due_before.isoformat()}
    return [_flow_run(item) for item in _request("POST", "/flow_runs/filter", body)]


def task_runs(flow_run_id: str) -> list[dict[str, Any]]:
    """The task runs of a flow run, in order of start (Prefect's own fields)."""
    body = {"flow_runs": {"id": {"any_": [flow_run_id]}}, "sort": "EXPECTED_START_TIME_ASC", "limit": 200}
    return list(_request("POST", "/task_runs/filter", body))


def history(flow_run_id: str) -> list[dict[str, Any]]:
    """All states of a flow run, oldest first: ``type``, ``name``, ``timestamp``, ``message``."""
    return _in_order(_request("GET", f"/flow_run_states/?flow_run_id={flow_run_id}"))


def task_history(task_run_id: str) -> list[dict[str, Any]]:
    """All states of a task run, including retries."""
    return _in_order(_request("GET", f"/task_run_states/?task_run_id={task_run_id}"))


def _in_order(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda state: str(state["timestamp"]))


def logs(flow_run_id: str, limit: int = 200, offset: int = 0, least_level: int = 0) -> list[dict[str, Any]]:
    """Log records of a flow run, oldest first: ``timestamp``, ``level``, ``message``, ``name``.

    ``least_level`` is a level of :mod:`logging`; Prefect returns at most 200 records.
    """
    body = {
        "logs": {"flow_run_id": {"any_": [flow_run_id]}, "level": {"ge_": least_level}},
        "sort": "TIMESTAMP_ASC",
        "limit": min(limit, 200),
        "offset": offset,
    }
    return list(_request("POST", "/logs/filter", body))


def deployments() -> list[dict[str, Any]]:
    """All deployments with their schedules (Prefect's own fields)."""
    return list(_request("POST", "/deployments/filter", {"limit": 200, "sort": "NAME_ASC"}))


def flow_names() -> dict[str, str]:
    """Flow id → flow name."""
    return {item["id"]: item["name"] for item in _request("POST", "/flows/filter", {"limit": 200})}


def set_paused(deployment_id: str, paused: bool) -> None:
    """Pause or resume the schedule of a deployment."""
    _request("POST", f"/deployments/{deployment_id}/{'pause_deployment' if paused else 'resume_deployment'}")


def delete_deployment(deployment_id: str) -> None:
    """Delete a deployment with its scheduled runs; ended runs stay. Raises as :func:`deployments`."""
    _request("DELETE", f"/deployments/{deployment_id}")


def set_parameter_schema(deployment_id: str, schema: Mapping[str, Any]) -> None:
    """Set the schema that Prefect's UI shows and validates parameters with. Raises as :func:`deployments`."""
    _request("PATCH", f"/deployments/{deployment_id}", {"parameter_openapi_schema": dict(schema)})


def set_state(flow_run_id: str, state_type: str, name: str, message: str, force: bool = False) -> bool:
    """Propose a state; True when Prefect accepted it."""
    body = {"state": {"type": state_type, "name": name, "message": message}, "force": force}
    answer = _request("POST", f"/flow_runs/{flow_run_id}/set_state", body)
    return bool(answer["status"] == "ACCEPT")


def to_time(text: str | None) -> datetime | None:
    """A timestamp of Prefect as aware UTC."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def _flow_run(raw: dict[str, Any]) -> FlowRun:
    state = raw.get("state") or {}
    return FlowRun(
        id=raw["id"],
        name=raw["name"],
        flow_id=raw["flow_id"],
        deployment_id=raw.get("deployment_id"),
        state_type=state.get("type") or "PENDING",
        state_name=state.get("name") or "Pending",
        state_message=state.get("message") or "",
        state_at=to_time(state.get("timestamp")),
        parameters=raw.get("parameters") or {},
        tags=tuple(raw.get("tags") or ()),
        run_count=int(raw.get("run_count") or 0),
        auto_scheduled=bool(raw.get("auto_scheduled")),
        expected_start=to_time(raw.get("expected_start_time")),
        start=to_time(raw.get("start_time")),
        end=to_time(raw.get("end_time")),
        seconds=float(raw.get("total_run_time") or 0.0),
    )
