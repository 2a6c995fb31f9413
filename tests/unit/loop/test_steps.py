"""The steps of the loop one by one: what the gate says, what is compared, learnt, adopted, and told on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.catalog.tables import Dataset
from core.config.messages import Message, say
from core.loop import decisions, loop
from core.loop.loop_run import Gate
from core.models import registry
from core.storage import datasets
from core.workloads import WORKLOADS, get_workload
from core.workloads.base import Comparison, Drift, Scores, Trained
from tests.learning import make_dataset

STARTER = registry.starter_version("linear")
DATASET = Dataset(id=3, workload="linear", sha256="a" * 64, rows=2_000)
THRESHOLD = get_workload("linear").threshold


def scores(value: float, right: int = 0) -> Scores:
    outcomes = np.array([True] * right + [False] * (100 - right))
    return Scores("accuracy", value, value - 0.05, value + 0.05, 100, outcomes)


def test_the_gate_opens_without_a_champion_or_its_figures() -> None:
    for champion, measured in ((None, None), (None, scores(0.9)), (STARTER, None)):
        assert loop.gate("linear", champion, measured, DATASET, False) == Gate(True, say("gate.no_champion"))


@pytest.mark.parametrize(
    ("value", "forced", "retrain", "code"),
    [
        (0.99, True, True, "gate.forced"),
        (THRESHOLD - 0.001, False, True, "gate.under_threshold"),
        (THRESHOLD, False, False, "gate.holds"),
    ],
)
def test_the_gate_says_why(value: float, forced: bool, retrain: bool, code: str) -> None:
    said = loop.gate("linear", STARTER, scores(value), DATASET, forced)
    figures = {} if forced else {"metric": "accuracy", "value": value, "threshold": THRESHOLD}
    assert said == Gate(retrain, say(code, **figures), Drift(False, say("drift.starter")))


def test_drift_opens_the_gate_with_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    drift = Drift(True, say("drift.found", features=["x1"], method="ks"))
    monkeypatch.setattr(loop, "_drift", lambda champion, dataset: drift)
    assert loop.gate("linear", STARTER, scores(0.99), DATASET, False) == Gate(True, drift.summary, drift)


def test_data_whose_reference_is_gone_has_not_drifted() -> None:
    champion = replace(STARTER, dataset_sha256="b" * 64)
    assert loop._drift(champion, DATASET) == Drift(False, say("drift.reference_deleted"))


def test_the_first_model_is_better_than_none() -> None:
    first = loop.compare("linear", None, scores(0.7))
    assert first == Comparison(True, 0.0, say("comparison.first", metric="accuracy", value=0.7))


def test_over_the_threshold_keeps_the_test_and_says_why() -> None:
    under, over = scores(THRESHOLD - 0.01, 84), scores(THRESHOLD, 86)
    paired = get_workload("linear").compare(under, over)
    assert not paired.better
    made = loop.compare("linear", under, over)
    summary = say("comparison.over_threshold", comparison=paired.summary)
    assert made == Comparison(True, paired.p_value, summary, paired.details)
    assert made.details["p_value" if "p_value" in made.details else "test"] is not None


@pytest.mark.parametrize(
    ("champion", "challenger"),
    [(THRESHOLD, THRESHOLD + 0.01), (THRESHOLD - 0.02, THRESHOLD - 0.01), (THRESHOLD - 0.01, THRESHOLD - 0.02)],
)
def test_otherwise_the_paired_test_decides(champion: float, challenger: float) -> None:
    before, after = scores(champion, 84), scores(challenger, 86)
    assert loop.compare("linear", before, after) == get_workload("linear").compare(before, after)


def test_training_tells_how_far_it_is_and_finds_what_was_learnt_before(mlflow_store: Path) -> None:
    dataset = make_dataset(seed=1)
    told: list[tuple[float, Message]] = []

    def report(share: float, message: Message) -> None:
        told.append((round(share, 6), message))

    made = loop.train("linear", dataset, "flow-run-1", report)
    assert all(share <= 0.8 for share, _ in told[:-2]) and told[0][0] < 0.8
    assert told[-2:] == [(0.8, say("training.logging")), (1.0, say("training.registered", version=1))]
    assert made.dataset_id == dataset.id and made.training_s is not None and 0 < made.training_s < 60
    assert registry.client().get_run(made.run_id).data.tags["flow_run_id"] == "flow-run-1"
    told.clear()
    again = loop.train("linear", dataset, "flow-run-2", report)
    assert again.run_id == made.run_id
    assert told == [(1.0, say("training.known", version=1, dataset=dataset.id))]


def test_an_evaluation_is_kept_in_the_catalog(mlflow_store: Path) -> None:
    dataset = make_dataset(seed=1)
    made = loop.train("linear", dataset)
    measured = loop.evaluate(made, dataset)
    (kept,) = decisions.evaluations("linear")
    assert (kept.workload, kept.version, kept.dataset_id, kept.metric) == ("linear", 1, dataset.id, "accuracy")
    assert (kept.value, kept.ci_low, kept.ci_high) == (measured.value, measured.ci_low, measured.ci_high)
    assert kept.details == measured.details


def test_a_champion_that_would_be_learnt_again_stays(mlflow_store: Path) -> None:
    make_dataset(seed=1)
    assert loop.run_once("linear").kind == decisions.PROMOTED
    decision = loop.run_once("linear", forced=True)
    assert (decision.kind, decision.reason) == (decisions.KEPT, (say("decision.nothing_new", dataset=1),))
    assert decision.challenger_version is None and decision.metric is not None


def test_a_rejection_has_the_challengers_figures(mlflow_store: Path) -> None:
    make_dataset(seed=1)
    loop.run_once("linear")
    newest = make_dataset(seed=5)
    run = loop.evaluate_champion("linear", forced=True, flow_run_id="flow-run-1")
    assert run.flow_run_id == "flow-run-1" and run.gate.reason == say("gate.forced")
    challenger = loop.train("linear", newest)
    decision = loop.evaluate_challenger(run, challenger)
    measured = {one.version: one.value for one in decisions.evaluations("linear", limit=2)}
    assert decision.kind == decisions.REJECTED
    assert (decision.champion_version, decision.challenger_version, decision.flow_run_id) == (1, 2, "flow-run-1")
    assert decision.metric == measured[2] == decision.details["challenger"]["value"]
    assert decision.details["champion"]["value"] == measured[1]
    assert decision.reason == (say("gate.forced"), messages_of(decision.details["comparison"]["summary"]))
    logged = registry.client().get_run(challenger.run_id).data.metrics
    assert logged["accuracy"] == pytest.approx(measured[2])


def messages_of(raw: Any) -> Message:
    from core.config.messages import messages_from_json

    (only,) = messages_from_json(raw)
    return only


def test_what_ships_becomes_the_first_champion_once(mlflow_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert loop.adopt_starter("linear") is None, "nothing ships with it"
    learnt = get_workload("linear").train(make_dataset(seed=1), lambda share, message: None)

    class Shipped(type(get_workload("linear"))):  # type: ignore[misc]
        def starter(self) -> Trained:
            return Trained(learnt.model, learnt.predictor, {"from": "the box"})

        def log_model(self, trained: Trained, dataset: Dataset | None) -> str:
            return str(super().log_model(trained, dataset or datasets.latest("linear")))

    monkeypatch.setitem(WORKLOADS, "linear", Shipped())
    first = loop.adopt_starter("linear")
    assert first is not None and (first.version, first.dataset_id, first.aliases) == (1, 0, ("champion",))
    assert first.fingerprint == registry.fingerprint(None, {"from": "the box"})
    again = loop.adopt_starter("linear")
    assert again is not None and again.version == 1
    run = loop.evaluate_champion("linear")
    assert run.champion is not None and run.champion.version == 1
    assert run.gate.drift == Drift(False, say("drift.starter"))
