"""The samples behind a decision are those that the check saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.auth.roles import SYSTEM
from core.catalog.tables import Decision
from core.loop import decision_samples, decisions, loop
from core.storage import datasets
from core.workloads import decision_charts
from tests.deciding import decision
from tests.learning import make_dataset


@pytest.fixture
def promoted(mlflow_store: Path) -> Decision:
    make_dataset(seed=1)
    loop.run_once("linear")
    for seed in (2, 3):
        make_dataset(seed=seed, angle=120)
        made = loop.run_once("linear")
    assert made.kind == decisions.PROMOTED
    return made


def test_the_discordant_samples_are_as_many_as_the_test_counted(promoted: Decision) -> None:
    found = decision_samples.discordant(promoted)
    test = promoted.details["comparison"]["details"]
    assert int(found.won.sum()) == test["only_second_right"]
    assert int((~found.won).sum()) == test["only_first_right"]
    assert {name: len(values) for name, values in found.columns.items()} == dict.fromkeys(("x1", "x2"), len(found.won))
    drawn = decision_charts.discordant(found.columns, found.won, {"x1": "x1", "x2": "x2"})
    assert [len(trace.x) for trace in drawn.data] == [test["only_first_right"], test["only_second_right"]]


def test_distributions_are_of_the_training_data_and_of_this_dataset(promoted: Decision) -> None:
    before, now = decision_samples.distributions(promoted)
    assert len(before["x1"]) == pytest.approx(1_600, abs=100), "the training split of dataset 1"
    assert len(now["x1"]) == 2_000
    assert len(decision_charts.distributions(before, now, {"x1": "x1", "x2": "x2"}).data) == 4


def test_what_is_gone_or_never_was_is_said(promoted: Decision, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision_samples, "MOST_ROWS", 1_999)
    with pytest.raises(decision_samples.SamplesMissingError, match=r"2,000 rows; up to 1,999"):
        decision_samples.discordant(promoted)
    assert promoted.dataset_id is not None
    datasets.delete(SYSTEM, promoted.dataset_id)
    with pytest.raises(decision_samples.SamplesMissingError, match="no longer exists"):
        decision_samples.distributions(promoted)
    with pytest.raises(decision_samples.SamplesMissingError, match="not about two models"):
        decision_samples.distributions(decision("failed", dataset_id=None))
