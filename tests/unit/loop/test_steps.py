"""The steps of the loop one by one: what the gate says, what is compared, learnt, adopted, and told on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.catalog.tables import Dataset
from core.config.messages import Message, say
from core.loop import decisions, gate, history, loop, measuring, training
from core.loop.alarm import Loss
from core.loop.loop_run import Gate, LoopRun, Steps
from core.loop.policy import Policy
from core.models import registry
from core.models.registry import Version
from core.storage import datasets
from core.workloads import WORKLOADS, get_workload
from core.workloads.base import Comparison, Drift, Evidence, Scores, Trained
from tests.learning import make_dataset

STARTER = registry.starter_version("linear")
DATASET = Dataset(id=3, workload="linear", sha256="a" * 64, rows=2_000)
THRESHOLD = get_workload("linear").threshold


def scores(value: float, right: int = 0) -> Scores:
    outcomes = np.array([True] * right + [False] * (100 - right))
    return Scores("accuracy", value, value - 0.05, value + 0.05, 100, outcomes)


def turn(**more: Any) -> LoopRun:
    policy = Policy.of(get_workload("linear"))
    return LoopRun("linear", DATASET, STARTER, scores(0.9), Gate(False, say("gate.no_champion")), policy, **more)


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("value", "forced", "retrain", "code"),
    [
        (0.99, True, True, "gate.forced"),
        (THRESHOLD - 0.001, False, True, "gate.under_threshold"),
        (THRESHOLD, False, False, "gate.holds"),
    ],
)
def test_the_gate_says_why(value: float, forced: bool, retrain: bool, code: str) -> None:
    said = gate.ask(turn(), STARTER, scores(value), forced)
    figures = {} if forced else {"metric": "accuracy", "value": value, "threshold": THRESHOLD}
    assert said == Gate(retrain, say(code, **figures), Drift(False, say("drift.starter")))


@pytest.mark.usefixtures("settings")
def test_a_risen_loss_opens_the_gate_and_says_over_which_datasets(monkeypatch: pytest.MonkeyPatch) -> None:
    def losses(workload: str, champion: Version) -> list[Loss]:
        return [Loss(1000, rate, rate * (1 - rate)) for rate in (0.05, 0.05, 0.09, 0.09)]

    monkeypatch.setattr(history, "losses", losses)
    said = gate.ask(turn(), STARTER, scores(0.99), False)
    assert (said.retrain, said.reason.code, said.window) == (True, "gate.loss_rose", 2)
    assert said.reason.parameters["before"] == pytest.approx(0.05)


@pytest.mark.usefixtures("settings")
def test_what_a_refit_would_gain_opens_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    gains = [Loss(1000, mean, 0.005) for mean in (0.0, 0.001, 0.009, 0.011)]
    monkeypatch.setattr(history, "refit_gains", lambda workload, champion: (None, gains))
    said = gate.ask(turn(), STARTER, scores(0.99), False)
    assert (said.retrain, said.reason.code, said.window) == (True, "gate.refit_better", 2)
    assert said.reason.parameters["gain"] == pytest.approx(0.01)


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("cumulative", [True, False])
def test_drift_asks_for_training_only_where_datasets_are_cumulative(
    cumulative: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    drift = Drift(True, say("drift.found", features=["x1"], method="ks"))
    monkeypatch.setattr(gate, "_drift", lambda champion, dataset: drift)
    monkeypatch.setattr(get_workload("linear"), "cumulative", cumulative, raising=False)
    said = gate.ask(turn(), STARTER, scores(0.99), False)
    assert (said.retrain, said.drift) == (cumulative, drift)
    assert (said.reason == drift.summary) is cumulative


@pytest.mark.usefixtures("settings")
def test_data_whose_reference_is_gone_has_not_drifted() -> None:
    champion = replace(STARTER, dataset_sha256="b" * 64)
    assert gate._drift(champion, DATASET) == Drift(False, say("drift.reference_deleted"))


def test_the_first_model_is_better_than_none(mlflow_store: Path) -> None:
    dataset = make_dataset(seed=1)
    run = replace(turn(), dataset=dataset, champion=None, scores=None)
    judged = loop.compare(run, training.train("linear", [dataset]))
    reason = say("comparison.first", metric="accuracy", value=judged.scores.value)
    assert judged.comparison == Comparison(True, 0.0, reason)


def test_training_tells_how_far_it_is_and_finds_what_was_learnt_before(mlflow_store: Path) -> None:
    dataset = make_dataset(seed=1)
    told: list[tuple[float, Message]] = []

    def report(share: float, message: Message) -> None:
        told.append((round(share, 6), message))

    made = training.train("linear", [dataset], "flow-run-1", report)
    assert all(share <= 0.8 for share, _ in told[:-2]) and told[0][0] < 0.8
    assert told[-2:] == [(0.8, say("training.logging")), (1.0, say("training.registered", version=1))]
    assert made.dataset_id == dataset.id and made.training_s is not None and 0 < made.training_s < 60
    assert registry.client().get_run(made.run_id).data.tags["flow_run_id"] == "flow-run-1"
    told.clear()
    again = training.train("linear", [dataset], "flow-run-2", report)
    assert again.run_id == made.run_id
    assert told == [(1.0, say("training.known", version=1, dataset=dataset.id))]


def test_an_evaluation_is_kept_in_the_catalog(mlflow_store: Path) -> None:
    dataset = make_dataset(seed=1)
    made = training.train("linear", [dataset])
    measured, whole = measuring.evaluate(made, dataset)
    assert not whole, "the model has learnt a part of it"
    (kept,) = decisions.evaluations("linear")
    assert (kept.workload, kept.version, kept.dataset_id, kept.metric) == ("linear", 1, dataset.id, "accuracy")
    assert (kept.value, kept.ci_low, kept.ci_high) == (measured.value, measured.ci_low, measured.ci_high)
    assert measured.losses is not None
    mean, variance = measured.losses.mean(), measured.losses.var()
    loss = {"samples": measured.samples, "mean": pytest.approx(mean), "variance": pytest.approx(variance)}
    assert kept.details == {**measured.details, "loss": loss}
    measuring.evaluate(made, dataset)
    assert len(decisions.evaluations("linear")) == 1, "one row per version and dataset"


def test_a_dataset_that_is_new_to_a_model_is_judged_as_a_whole(mlflow_store: Path) -> None:
    made = training.train("linear", [make_dataset(seed=1)])
    measured, whole = measuring.evaluate(made, make_dataset(seed=2, rows=3_000))
    assert whole and measured.samples == 3_000


def test_a_champion_that_would_be_learnt_again_stays(mlflow_store: Path) -> None:
    make_dataset(seed=1)
    assert loop.run_once("linear").kind == decisions.PROMOTED
    decision = loop.run_once("linear", forced=True)
    assert (decision.kind, decision.reason) == (decisions.KEPT, (say("decision.nothing_new", dataset=1),))
    assert decision.challenger_version is None and decision.metric is not None


def test_a_verdict_has_the_challengers_figures(mlflow_store: Path) -> None:
    make_dataset(seed=1)
    loop.run_once("linear")
    make_dataset(seed=5, angle=135)
    loop.run_once("linear")
    make_dataset(seed=6, angle=135)
    run = loop.evaluate_champion("linear", forced=True, flow_run_id="flow-run-1")
    assert run.flow_run_id == "flow-run-1" and run.gate.reason == say("gate.forced")
    decision = loop.decide(run, Steps(loop.train_for, loop.compare))
    measured = {one.version: one.value for one in decisions.evaluations("linear", limit=2)}
    assert decision.kind == decisions.PROMOTED
    assert (decision.champion_version, decision.challenger_version, decision.flow_run_id) == (1, 2, "flow-run-1")
    assert decision.metric == measured[2] == decision.details["challenger"]["value"]
    assert decision.details["champion"]["value"] == measured[1]
    assert decision.reason == (say("gate.forced"), messages_of(decision.details["comparison"]["summary"]))
    assert Evidence.from_json(decision.details["evidence"]).samples == 2_000
    logged = registry.client().get_run(registry.get_version("linear", 2).run_id).data.metrics
    assert logged["accuracy"] == pytest.approx(measured[2])


def messages_of(raw: Any) -> Message:
    from core.config.messages import messages_from_json

    (only,) = messages_from_json(raw)
    return only


def test_what_ships_becomes_the_first_champion_once(mlflow_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert training.adopt_starter("linear") is None, "nothing ships with it"
    learnt = get_workload("linear").train(make_dataset(seed=1), lambda share, message: None)

    class Shipped(type(get_workload("linear"))):  # type: ignore[misc]
        def starter(self) -> Trained:
            return Trained(learnt.model, learnt.predictor, {"from": "the box"})

        def log_model(self, trained: Trained, dataset: Dataset | None) -> str:
            return str(super().log_model(trained, dataset or datasets.latest("linear")))

    monkeypatch.setitem(WORKLOADS, "linear", Shipped())
    first = training.adopt_starter("linear")
    assert first is not None and (first.version, first.dataset_id, first.aliases) == (1, 0, ("champion",))
    assert first.fingerprint == registry.fingerprint([], {"from": "the box"})
    again = training.adopt_starter("linear")
    assert again is not None and again.version == 1
    run = loop.evaluate_champion("linear")
    assert run.champion is not None and run.champion.version == 1
    assert run.gate.drift == Drift(False, say("drift.starter"))
