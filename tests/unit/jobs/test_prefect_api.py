"""Prefect's REST API: what is sent, and what becomes of each answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from core.config.messages import message_of, say
from core.jobs import prefect_api
from core.jobs.prefect_api import FlowRun, PrefectRefusedError, PrefectUnavailableError
from tests.unit.jobs.wire import Wire, flow_run

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_a_run_is_read_field_by_field(wire: Wire) -> None:
    raw = flow_run(
        deployment_id="dep-1",
        parameters={"workload": "linear"},
        tags=["a", "b"],
        run_count=2,
        auto_scheduled=True,
        expected_start_time="2026-01-01T12:00:00Z",
        start_time="2026-01-01T12:00:01Z",
        end_time="2026-01-01T12:00:02Z",
        total_run_time=1.5,
    )
    raw["state"] |= {"type": "FAILED", "name": "Failed", "message": "boom"}
    wire.will("GET", "/flow_runs/run-1", raw)
    assert prefect_api.get_run("run-1") == FlowRun(
        id="run-1",
        name="brave-bee",
        flow_id="flow-1",
        deployment_id="dep-1",
        state_type="FAILED",
        state_name="Failed",
        state_message="boom",
        state_at=datetime(2026, 1, 1, 0, 0, 9, tzinfo=UTC),
        parameters={"workload": "linear"},
        tags=("a", "b"),
        run_count=2,
        auto_scheduled=True,
        expected_start=NOON,
        start=NOON.replace(second=1),
        end=NOON.replace(second=2),
        seconds=1.5,
    )


def test_what_prefect_leaves_out_is_empty(wire: Wire) -> None:
    wire.will("GET", "/flow_runs/run-1", {"id": "run-1", "name": "n", "flow_id": "f"})
    run = prefect_api.get_run("run-1")
    assert (run.state_type, run.state_name, run.state_message, run.state_at) == ("PENDING", "Pending", "", None)
    assert (run.deployment_id, run.parameters, run.tags, run.run_count) == (None, {}, (), 0)
    assert (run.auto_scheduled, run.expected_start, run.start, run.end, run.seconds) == (False, None, None, None, 0.0)


@pytest.mark.parametrize(
    ("state", "terminal"),
    [(one, True) for one in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")]
    + [(one, False) for one in ("SCHEDULED", "PENDING", "RUNNING", "CANCELLING", "PAUSED")],
)
def test_which_states_are_the_end(wire: Wire, state: str, terminal: bool) -> None:
    wire.will("GET", "/flow_runs/run-1", flow_run(state=state))
    assert prefect_api.get_run("run-1").terminal is terminal


def test_runs_are_filtered_by_prefect(wire: Wire) -> None:
    wire.will("POST", "/flow_runs/filter", [flow_run("a"), flow_run("b")])
    assert [run.id for run in prefect_api.runs()] == ["a", "b"]
    prefect_api.runs(["RUNNING"], "dep-1", 7, "START_TIME_ASC", 3, NOON)
    plain = {"limit": 50, "sort": "EXPECTED_START_TIME_DESC", "offset": 0, "flow_runs": {}}
    chosen = {
        "state": {"type": {"any_": ["RUNNING"]}},
        "deployment_id": {"any_": ["dep-1"]},
        "expected_start_time": {"before_": "2026-01-01T12:00:00+00:00"},
    }
    full = {"limit": 7, "sort": "START_TIME_ASC", "offset": 3, "flow_runs": chosen}
    assert [body for _, _, body in wire.sent] == [plain, full]


def test_a_run_is_started_by_the_deployments_name_and_once_per_key(wire: Wire) -> None:
    wire.will("GET", "/deployments/name/check/linear", {"id": "dep-1"})
    wire.will("POST", "/deployments/dep-1/create_flow_run", flow_run("new"))
    assert prefect_api.create_run("check/linear", {"a": 1}, key="job-1").id == "new"
    prefect_api.create_run("check/linear", {})
    bodies = [body for method, _, body in wire.sent if method == "POST"]
    assert bodies == [
        {"parameters": {"a": 1}, "state": {"type": "SCHEDULED"}, "idempotency_key": "job-1"},
        {"parameters": {}, "state": {"type": "SCHEDULED"}, "idempotency_key": None},
    ]


def test_what_belongs_to_a_run_is_asked_for_in_order(wire: Wire) -> None:
    late, early = ({"timestamp": f"2026-01-01T00:00:0{second}Z", "type": "RUNNING"} for second in (2, 1))
    wire.will("GET", "/flow_run_states/", [late, early])
    wire.will("GET", "/task_run_states/", [late, early])
    wire.will("POST", "/task_runs/filter", [{"id": "t"}])
    wire.will("POST", "/logs/filter", [{"message": "hello"}])
    assert prefect_api.history("run-1") == [early, late] == prefect_api.task_history("task-1")
    assert prefect_api.task_runs("run-1") == [{"id": "t"}]
    assert prefect_api.logs("run-1") == [{"message": "hello"}]
    prefect_api.logs("run-1", limit=500, offset=20, least_level=40)
    of_run = {"any_": ["run-1"]}
    everything = {"logs": {"flow_run_id": of_run, "level": {"ge_": 0}}, "sort": OLDEST, "limit": 200, "offset": 0}
    errors = {"logs": {"flow_run_id": of_run, "level": {"ge_": 40}}, "sort": OLDEST, "limit": 200, "offset": 20}
    assert wire.sent == [
        ("GET", "/flow_run_states/?flow_run_id=run-1", None),
        ("GET", "/task_run_states/?task_run_id=task-1", None),
        ("POST", "/task_runs/filter", {"flow_runs": {"id": of_run}, "sort": SOONEST, "limit": 200}),
        ("POST", "/logs/filter", everything),
        ("POST", "/logs/filter", errors),
    ]


SOONEST, OLDEST = "EXPECTED_START_TIME_ASC", "TIMESTAMP_ASC"


def test_deployments_and_what_is_done_to_them(wire: Wire) -> None:
    wire.will("POST", "/deployments/filter", [{"id": "d"}])
    wire.will("POST", "/flows/filter", [{"id": "f", "name": "check"}])
    wire.will("POST", "/deployments/d/pause_deployment")
    wire.will("POST", "/deployments/d/resume_deployment")
    wire.will("PATCH", "/deployments/d")
    assert prefect_api.deployments() == [{"id": "d"}]
    assert prefect_api.flow_names() == {"f": "check"}
    prefect_api.set_paused("d", True)
    prefect_api.set_paused("d", False)
    prefect_api.set_parameter_schema("d", {"type": "object"})
    assert wire.sent == [
        ("POST", "/deployments/filter", {"limit": 200, "sort": "NAME_ASC"}),
        ("POST", "/flows/filter", {"limit": 200}),
        ("POST", "/deployments/d/pause_deployment", None),
        ("POST", "/deployments/d/resume_deployment", None),
        ("PATCH", "/deployments/d", {"parameter_openapi_schema": {"type": "object"}}),
    ]


@pytest.mark.parametrize(("status", "accepted"), [("ACCEPT", True), ("REJECT", False)])
def test_a_state_is_proposed(wire: Wire, status: str, accepted: bool) -> None:
    wire.will("POST", "/flow_runs/run-1/set_state", {"status": status})
    assert prefect_api.set_state("run-1", "CANCELLED", "Cancelled", "by ed") is accepted
    prefect_api.set_state("run-1", "CRASHED", "Crashed", "lost", force=True)
    assert [body for _, _, body in wire.sent] == [
        {"state": {"type": "CANCELLED", "name": "Cancelled", "message": "by ed"}, "force": False},
        {"state": {"type": "CRASHED", "name": "Crashed", "message": "lost"}, "force": True},
    ]


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (500, PrefectUnavailableError, say("prefect.error", status=500)),
        (502, PrefectUnavailableError, say("prefect.error", status=502)),
        (404, PrefectRefusedError, say("prefect.unknown", name="run-1")),
        (422, PrefectRefusedError, say("prefect.refused", status=422, text='"no"')),
    ],
)
def test_answers_that_are_errors(wire: Wire, status: int, kind: type[Exception], expected: Any) -> None:
    wire.will("GET", "/flow_runs/run-1", "no", status=status)
    with pytest.raises(kind) as refusal:
        prefect_api.get_run("run-1")
    assert message_of(refusal.value) == expected


def test_a_long_refusal_is_cut(wire: Wire) -> None:
    wire.will("GET", "/flow_runs/run-1", "x" * 400, status=422)
    with pytest.raises(PrefectRefusedError) as refusal:
        prefect_api.get_run("run-1")
    assert len(message_of(refusal.value).parameters["text"]) == 300


def test_a_locked_database_is_waited_for_but_not_for_ever(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(prefect_api.time, "sleep", waited.append)
    wire.will("GET", "/flow_runs/run-1", status=503)
    wire.will("GET", "/flow_runs/run-1", flow_run())
    assert prefect_api.get_run("run-1").id == "run-1"
    assert waited == [0.1]
    waited.clear()
    wire.will("GET", "/health", status=503)
    with pytest.raises(PrefectUnavailableError):
        prefect_api._request("GET", "/health")
    assert waited == [0.1, 0.2, 0.4, 0.8, 1.6]
    assert [path for _, path, _ in wire.sent].count("/health") == 6


@pytest.mark.parametrize(("answer", "status", "healthy"), [(True, 200, True), ("yes", 200, False), (True, 500, False)])
def test_it_is_healthy_when_it_says_so(wire: Wire, answer: object, status: int, healthy: bool) -> None:
    wire.will("GET", "/health", answer, status)
    assert prefect_api.healthy() is healthy


def test_nothing_at_the_address_is_no_health(wire: Wire) -> None:
    wire.will("GET", "/health", status=404)
    assert prefect_api.healthy() is False
