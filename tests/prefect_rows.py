"""Flows, deployments, runs and logs on a real Prefect server, without a runner that would execute them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from core.jobs.prefect_api import TERMINAL
from tests.waiting import wait_until


class Rows:
    """Writes through Prefect's own API, as its clients do."""

    def __init__(self, api_url: str) -> None:
        self._client = httpx.Client(base_url=api_url, timeout=20.0)
        self._logged_until = datetime.now(UTC)

    def call(self, method: str, path: str, body: object | None = None) -> Any:
        # 503 is how the server says that its SQLite file was locked for a moment.
        answer = wait_until(
            lambda: [got for got in [self._client.request(method, path, json=body)] if got.status_code != 503],
            what=f"{method} {path}",
        )[0]
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def clear(self) -> None:
        """Forget every deployment, flow and run."""
        for kind in ("flow_runs", "deployments", "flows"):
            while found := self.call("POST", f"/{kind}/filter", {"limit": 200}):
                for one in found:
                    self.call("DELETE", f"/{kind}/{one['id']}")

    def deployment(self, flow: str, name: str, every_s: float | None = None, paused: bool = False) -> str:
        """Make ``flow``/``name`` and return the deployment's id."""
        flow_id = self.call("POST", "/flows/", {"name": flow})["id"]
        schedules = [] if every_s is None else [{"schedule": {"interval": every_s}, "active": True}]
        body = {
            "name": name,
            "flow_id": flow_id,
            "paused": paused,
            "schedules": schedules,
            "enforce_parameter_schema": False,
        }
        return str(self.call("POST", "/deployments/", body)["id"])

    def run(self, deployment_id: str, *states: str, parameters: dict[str, Any] | None = None) -> str:
        """A run of the deployment that went through ``states`` (types, "RUNNING"); its id."""
        body = {"parameters": parameters or {}, "state": {"type": "SCHEDULED"}}
        run_id = str(self.call("POST", f"/deployments/{deployment_id}/create_flow_run", body)["id"])
        for state in states:
            self.state(run_id, state)
        return run_id

    def state(self, run_id: str, state: str, message: str = "") -> None:
        body = {"state": {"type": state, "name": state.capitalize(), "message": message}, "force": True}
        self.call("POST", f"/flow_runs/{run_id}/set_state", body)

    def task(self, run_id: str, name: str, *states: tuple[str, str]) -> str:
        """A task run that went through ``states`` (type and name); its id."""
        body = {"flow_run_id": run_id, "task_key": name, "dynamic_key": name, "name": f"{name}-abc"}
        task_id = str(self.call("POST", "/task_runs/", body)["id"])
        for kind, called in states:
            state = {"type": kind, "name": called, "message": "boom" if kind == "FAILED" else ""}
            self.call("POST", f"/task_runs/{task_id}/set_state", {"state": state, "force": True})
        return task_id

    def log(self, run_id: str, count: int, level: int = 20, word: str = "line") -> None:
        """``count`` records, a millisecond apart, and later than all that were written before."""
        begun = max(datetime.now(UTC), self._logged_until)
        self._logged_until = begun + timedelta(milliseconds=count)
        for first in range(0, count, 100):
            records = [
                {
                    "name": "prefect.flow_runs",
                    "level": level,
                    "message": f"{word} {number}",
                    "timestamp": (begun + timedelta(milliseconds=number)).isoformat(),
                    "flow_run_id": run_id,
                }
                for number in range(first, min(first + 100, count))
            ]
            self.call("POST", "/logs/", records)

    def state_of(self, run_id: str) -> str:
        return str(self.call("GET", f"/flow_runs/{run_id}")["state"]["type"])

    def ended(self, run_id: str) -> bool:
        return self.state_of(run_id) in TERMINAL


@pytest.fixture
def rows(prefect: str) -> Iterator[Rows]:
    """The session's server with nothing on it, and a way to put things there."""
    made = Rows(prefect)
    made.clear()
    yield made
    made.clear()
