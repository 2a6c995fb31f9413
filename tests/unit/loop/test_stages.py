"""When the full training follows the quick one: once, and not after anything else was decided."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.auth.roles import SYSTEM
from core.catalog.engine import writing
from core.catalog.tables import Dataset, Decision, Job, utcnow
from core.images import LABELLED, WEBCAM, store
from core.loop import decisions, history, stages
from core.models import registry
from core.models.registry import Version
from core.workloads import get_workload
from core.workloads.base import QuickTraining
from tests.hands import session_in, sign, snapshot
from tests.pictures_of_hands import HANDS

pytestmark = pytest.mark.usefixtures("mlflow_store")
RPS = get_workload("rps")


def images(each: int, first: int = 0) -> Dataset:
    for label in range(3):
        for number in range(each):
            pixels, box = sign(label, first + 1000 * label + number)
            about = {"source": WEBCAM, "session": session_in("train", 0), "boxes": [box], "state": LABELLED}
            store.add(SYSTEM, pixels, HANDS, **about)
    return snapshot()


@pytest.fixture
def dataset() -> Dataset:
    return images(6)


def quick_of(dataset: Dataset) -> Version:
    """Registered as if it had been trained: what is in it does not matter here."""
    assert isinstance(RPS, QuickTraining)
    starter = RPS.starter()
    assert starter is not None
    trained = replace(starter, identity=RPS.quick_parameters(dataset))
    return registry.log_challenger(RPS.name, (dataset,), trained, None)


def decide(kind: str, dataset: Dataset | None, version: int | None) -> None:
    with writing() as session:
        session.add(
            Decision(
                workload=RPS.name,
                kind=kind,
                reason=(),
                champion_version=1,
                challenger_version=version,
                dataset_id=dataset.id if dataset else None,
            )
        )


@pytest.mark.parametrize("kind", [decisions.PROMOTED, decisions.REJECTED])
def test_the_quick_one_comes_first_and_the_full_one_once_it_is_decided(dataset: Dataset, kind: str) -> None:
    assert stages.quick_parameters(RPS.name, dataset) and not stages.full_training_due(RPS.name, dataset)
    version = quick_of(dataset)
    assert stages.quick_parameters(RPS.name, dataset)  # whoever was killed before deciding decides on it now
    assert not stages.full_training_due(RPS.name, dataset)
    decide(kind, dataset, version.version)
    assert stages.full_training_due(RPS.name, dataset) and stages.more_to_learn(RPS.name, dataset)


@pytest.mark.parametrize(
    "kind", [decisions.PENDING, decisions.KEPT, decisions.REJECTED, decisions.PROMOTED, decisions.FAILED]
)
def test_it_is_tried_once_whatever_came_of_it(dataset: Dataset, kind: str) -> None:
    """A challenger that waits, lost, won, crashed, or was promoted by hand: the schedule does not train it again."""
    quick, full = quick_of(dataset), 9
    decide(decisions.PROMOTED, dataset, quick.version)
    decide(kind, None if kind == decisions.FAILED else dataset, None if kind == decisions.KEPT else full)
    if kind in {decisions.PENDING, decisions.KEPT, decisions.FAILED}:
        assert not stages.more_to_learn(RPS.name, dataset)
    assert not (kind == decisions.FAILED and stages.full_training_due(RPS.name, dataset))


def test_a_cancelled_check_does_not_come_back(dataset: Dataset) -> None:
    decide(decisions.PROMOTED, dataset, quick_of(dataset).version)
    assert stages.full_training_due(RPS.name, dataset)
    with writing() as session:
        session.add(
            Job(id="1", kind="check", workload=RPS.name, created_by="ada", state="cancelled", finished_at=utcnow())
        )
    assert not stages.more_to_learn(RPS.name, dataset)


def test_a_head_that_waits_has_no_full_training_yet(dataset: Dataset) -> None:
    decide(decisions.PENDING, dataset, quick_of(dataset).version)
    assert not stages.more_to_learn(RPS.name, dataset)
    assert stages.quick_parameters(RPS.name, dataset) is None  # who insists gets the full one


def test_what_a_waiting_challenger_was_compared_on_can_still_be_learnt(dataset: Dataset) -> None:
    """It was trained on earlier images; those of the dataset that decided on it are new."""
    waited = quick_of(dataset)
    later = images(8, first=500)
    decide(decisions.PROMOTED, later, waited.version)
    assert stages.more_to_learn(RPS.name, later) and not stages.full_training_due(RPS.name, later)
    assert stages.quick_parameters(RPS.name, later) is not None


def test_labels_count_from_the_newest_dataset_that_was_tried(dataset: Dataset) -> None:
    """A rejected challenger has seen them: each further image is no reason to try the same again."""
    champion = replace(quick_of(dataset), version=1, trained_on=())
    assert history.last_learnt(champion) is None
    tried = registry.get_version(RPS.name, 1)
    assert tried.trained_on == (dataset.id,)
    with writing() as session:
        session.add(
            Decision(workload=RPS.name, kind=decisions.REJECTED, reason=(), champion_version=7, challenger_version=1)
        )
    found = history.last_learnt(replace(champion, version=7))
    assert found is not None and found.id == dataset.id
