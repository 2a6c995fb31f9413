"""Feedback in the loop: what counts, what raises the alarm, and what it leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from core.config.messages import render
from core.config.settings import Settings, get_settings
from core.loop import decisions, feedback, loop
from core.loop.feedback import Given, summarise
from core.loop.policy import Policy
from core.models import registry
from core.predictions import feedback as given
from core.predictions.feedback import Giver
from core.predictions.request_ids import Request
from core.workloads import get_workload
from tests.learning import make_dataset

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
_numbers = count(1)


def say(request: int, person: str, label: str, answer: str = "1", at: datetime = NOW) -> Given:
    return Given(request, person, answer, label, at, at)


def test_a_request_counts_once_by_what_most_say_and_a_tie_not_at_all() -> None:
    found = summarise(
        [
            say(1, "ada", "1"),
            say(2, "ada", "0"),
            say(3, "ada", "1"),
            say(1, "bob", "0"),
            say(2, "bob", "0"),
            say(2, "eve", "1"),
        ],
        daily=10,
    )
    assert found.outcomes.tolist() == [False, True]  # request 1 is disputed
    assert found.disputed == 1
    assert {one.person: (one.labels, one.agreeing, one.contradicting) for one in found.people} == {
        "ada": (3, 2, 0),
        "bob": (2, 0, 0),
        "eve": (1, 1, 1),
    }


def test_of_each_person_the_first_of_a_day_count() -> None:
    later = NOW + timedelta(days=1)
    mine = [say(n, "eve", "0", at=NOW if n < 50 else later) for n in range(60)]
    found = summarise([*mine, *(say(100 + n, "ada", "1") for n in range(4))], daily=5)
    assert len(found.outcomes) == 5 + 5 + 4
    assert found.people[0].beyond == 45 + 5
    assert [one.person for one in found.people] == ["eve", "ada"]


@pytest.fixture
def champion(settings: Settings, mlflow_store: Path) -> registry.Version:
    """A champion, trained on dataset 1 and kept on dataset 2."""
    make_dataset(seed=1)
    loop.run_once("linear")
    make_dataset(seed=2)
    assert loop.run_once("linear").kind == decisions.KEPT
    found = registry.champion("linear")
    assert found is not None
    return found


def label(version: int, wrong: int, right: int, person: str = "ada", at: float | None = None) -> None:
    """Labels for requests that were answered with 1, the wrong ones last."""
    moment = int(datetime.now(UTC).timestamp() if at is None else at)
    labels = ["1"] * right + ["0"] * wrong
    asked = [Request(next(_numbers), moment, "linear", version, person, "1", (0.5, 1.0)) for _ in labels]
    given.give(Giver(person, person), zip(asked, labels, strict=True))


def alarm(champion: registry.Version) -> feedback.Fall | None:
    return feedback.alarm(champion, Policy.of(get_workload("linear")))


def test_wrong_predictions_raise_the_alarm_and_one_challenger_is_trained(champion: registry.Version) -> None:
    label(champion.version, wrong=3, right=60)
    before = loop.run_once("linear")
    assert before.kind == decisions.KEPT and alarm(champion) is None
    label(champion.version, wrong=30, right=30)
    decision = loop.run_once("linear")
    assert decision.kind == decisions.PENDING and decision.id != before.id
    assert decision.reason[0].code == "gate.feedback_fell"
    assert "The accuracy on feedback fell" in render(decision.reason)
    assert decision.details["feedback"]["labels"] >= 30
    assert loop.run_once("linear").id == decision.id  # it has been considered
    assert len(registry.versions("linear")) == 2


def test_when_no_challenger_is_better_the_same_labels_ask_for_nothing_more(champion: registry.Version) -> None:
    label(champion.version, wrong=40, right=40)
    kinds = [loop.run_once("linear").kind]
    get_settings.cache_clear()
    while kinds[-1] == decisions.PENDING:
        make_dataset(seed=10 + len(kinds))
        kinds.append(loop.run_once("linear").kind)
    assert kinds[-1] == decisions.REJECTED
    assert alarm(champion) is None
    trained = len(registry.versions("linear"))
    make_dataset(seed=50)
    assert loop.run_once("linear").kind == decisions.KEPT
    assert len(registry.versions("linear")) == trained


def test_without_newer_data_the_alarm_is_told_and_nothing_is_trained(settings: Settings, mlflow_store: Path) -> None:
    make_dataset(seed=1)
    loop.run_once("linear")
    label(1, wrong=40, right=0)
    decision = loop.run_once("linear")
    assert decision.kind == decisions.KEPT
    assert [one.code for one in decision.reason] == ["gate.feedback_fell", "decision.nothing_new"]
    assert loop.run_once("linear").id == decision.id


def test_labels_of_other_versions_and_of_one_person_beyond_the_limit_raise_no_alarm(
    champion: registry.Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    label(champion.version + 1, wrong=200, right=0)
    assert alarm(champion) is None
    monkeypatch.setenv("SHIFUMI_FEEDBACK_PERSON_DAILY", "3")
    get_settings.cache_clear()
    label(champion.version, wrong=200, right=0, person="eve")
    assert alarm(champion) is None
    for person in ("ada", "bob", "cleo", "dora"):
        label(champion.version, wrong=3, right=0, person=person)
    assert alarm(champion) is not None


def test_a_metric_that_labels_cannot_be_compared_with_raises_no_alarm(champion: registry.Version) -> None:
    label(champion.version, wrong=200, right=0)
    assert alarm(champion) is not None
    assert alarm(replace(champion, version=77)) is None


def test_promotion_day_is_the_measurement_before_the_promotion(champion: registry.Version) -> None:
    found = feedback.promotion_day("linear", champion.version)
    assert found is not None and found.dataset_id == 1
    assert feedback.promotion_day("linear", 77) is None


def test_the_shown_accuracy_is_that_of_the_labels(champion: registry.Version) -> None:
    label(champion.version, wrong=10, right=30)
    shown = summarise(feedback.labels("linear", champion.version)).accuracy()
    assert (shown.labels[-1], shown.mean[-1]) == (40, 0.75)
    assert shown.low[-1] < 0.75 < shown.high[-1]
