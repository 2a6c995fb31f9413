"""What is written on the timeline, field by field."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.auth.roles import Actor, Role
from core.catalog.tables import Dataset, Decision
from core.config.messages import as_json, say
from core.loop import decisions
from core.loop.loop_run import Gate, LoopRun
from core.loop.policy import Policy
from core.models import registry
from core.workloads import get_workload
from core.workloads.base import Comparison, Drift, Evidence, Scores
from tests.deciding import decision, evaluation, store
from tests.learning import make_versions

ADMIN = Actor("ada", Role.ADMIN)
RIGHT = np.array([True, True, False])
OLD = Scores("accuracy", 0.8, 0.7, 0.9, 400, RIGHT, {"log_loss": 0.5})
NEW = Scores("accuracy", 0.9, 0.85, 0.95, 400, RIGHT, {"log_loss": 0.3})
EVIDENCE = Evidence((0.1,) * 7, 3.0, 400)
POLICY = Policy.of(get_workload("linear"))
DRIFT = Drift(True, say("drift.found", features=["x1"], method="ks"), [{"feature": "x1", "drift": True}])


def version(number: int, training_s: float | None = None) -> registry.Version:
    made = registry.starter_version("linear")
    return registry.Version("linear", number, "run", 3, "a", "f", "s", made.created_at, (), training_s)


def turn(champion: registry.Version | None, scores: Scores | None, drift: Drift | None) -> LoopRun:
    dataset = Dataset(id=3, workload="linear", rows=2_000)
    return LoopRun("linear", dataset, champion, scores, Gate(True, say("gate.forced"), drift), POLICY, "flow-run-1")


def stored() -> Decision:
    (only,) = decisions.latest("linear")
    return only


def test_a_decision_keeps_both_models_figures_the_comparison_and_the_drift() -> None:
    summary = say("comparison.mcnemar", challenger=5, champion=2, unit="rows", p=0.01)
    comparison = Comparison(True, 0.01, summary, {"test": "McNemar"}, EVIDENCE)
    reason = (say("gate.forced"), summary)
    decisions.record(
        turn(version(1), OLD, DRIFT), decisions.PROMOTED, reason, NEW, version(2, training_s=1.5), comparison
    )
    kept = stored()
    assert (kept.workload, kept.kind, kept.reason, kept.drift) == ("linear", "promoted", reason, True)
    assert (kept.metric, kept.champion_version, kept.challenger_version) == (0.9, 1, 2)
    assert (kept.dataset_id, kept.flow_run_id) == (3, "flow-run-1")
    assert kept.details == {
        "champion": {"value": 0.8, "ci": [0.7, 0.9], "samples": 400, "log_loss": 0.5},
        "challenger": {"value": 0.9, "ci": [0.85, 0.95], "samples": 400, "log_loss": 0.3, "training_s": 1.5},
        "comparison": {
            "better": True,
            "p_value": 0.01,
            "summary": as_json(summary),
            "details": {"test": "McNemar"},
            "unharmed": True,
        },
        "drift": {"found": True, "summary": as_json(DRIFT.summary), "tests": [{"feature": "x1", "drift": True}]},
        "evidence": EVIDENCE.as_json(),
        "shadow": None,
        "feedback": None,
        "policy": POLICY.as_json(),
    }


def test_without_a_champion_and_a_challenger_there_is_little_to_keep() -> None:
    returned = decisions.record(turn(None, None, None), decisions.KEPT, say("gate.forced"), None)
    kept = stored()
    assert returned.id == kept.id
    assert (kept.reason, kept.drift, kept.metric) == ((say("gate.forced"),), False, None)
    assert (kept.champion_version, kept.challenger_version) == (None, None)
    nothing = dict.fromkeys(("champion", "challenger", "comparison", "drift", "evidence", "shadow", "feedback"))
    assert kept.details == {**nothing, "policy": POLICY.as_json()}


def test_decisions_are_listed_newest_first_by_workload_and_no_more_than_asked_for() -> None:
    store(
        *(decision("kept", 0.9, minutes_ago=minute, workload=name) for minute, name in ((3, "a"), (2, "b"), (1, "a")))
    )
    assert [one.id for one in decisions.latest()] == [3, 2, 1]
    assert [one.id for one in decisions.latest("a")] == [3, 1]
    assert [one.id for one in decisions.latest("a", limit=1)] == [3]
    store(*(decision("kept", workload="c") for _ in range(101)))
    assert len(decisions.latest("c")) == 100


def test_evaluations_are_listed_newest_first_by_workload_and_no_more_than_asked_for() -> None:
    store(*(evaluation(number, 0.9) for number in (1, 2, 3)))
    assert [one.version for one in decisions.evaluations("linear")] == [3, 2, 1]
    assert [one.version for one in decisions.evaluations("linear", limit=2)] == [3, 2]
    assert decisions.evaluations("other") == []


def test_the_decision_of_a_flow_run_is_found() -> None:
    store(decision("kept", flow_run_id="one"), decision("kept", flow_run_id="two"))
    found = decisions.of_flow_run("two")
    assert found is not None and found.id == 2
    assert decisions.of_flow_run("three") is None


def test_a_failure_is_on_the_timeline_once_per_flow_run() -> None:
    reason = say("dataset.none", workload="linear")
    for flow_run in ("one", "one", "two", None, None):
        decisions.failed("linear", reason, flow_run)
    found = decisions.latest("linear")
    assert [one.flow_run_id for one in found] == [None, None, "two", "one"]
    assert all((one.kind, one.workload, one.reason) == (decisions.FAILED, "linear", (reason,)) for one in found)


def test_what_an_admin_does_by_hand_names_both_versions(mlflow_store: Path) -> None:
    make_versions(2)
    decisions.promote_by_hand(ADMIN, "linear", 1)
    decisions.promote_by_hand(ADMIN, "linear", 2)
    decisions.roll_back_by_hand(ADMIN, "linear")
    told = [(one.kind, one.champion_version, one.challenger_version) for one in decisions.latest("linear")]
    assert told == [("rolled-back", 2, 1), ("promoted", 1, 2), ("promoted", None, 1)]
    reasons = [one.reason for one in decisions.latest("linear")]
    assert reasons == [(say("decision.by_hand", user="ada", version=number),) for number in (1, 2, 1)]


@pytest.mark.parametrize("drift", [None, Drift(False, say("drift.starter"))])
def test_no_drift_is_written_as_none(drift: Drift | None) -> None:
    decisions.record(turn(version(1), OLD, drift), decisions.KEPT, say("gate.forced"), OLD)
    assert stored().drift is False
