"""Labels as they are stored, on both engines, and how many a person may give."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.auth.roles import Actor, ForbiddenError, Role
from core.catalog.engine import reading
from core.catalog.feedback_tables import Feedback
from core.config.settings import Settings, get_settings
from core.predictions import feedback, label_limit
from core.predictions.feedback import Counts, Giver
from core.predictions.label_limit import LabelLimit
from core.predictions.request_ids import Request, new_request

ADA = Giver("ada", "ada")


def asked(number: int = 1) -> list[Request]:
    return [new_request("points", 3, "ada", "yes", (0.5, float(n))) for n in range(number)]


def labels() -> list[tuple[str, str]]:
    with reading() as session:
        return list(session.execute(select(Feedback.person, Feedback.label).order_by(Feedback.id)).tuples())


def test_more_than_fit_into_a_transaction_are_stored_replaced_or_known(either_engine: str) -> None:
    requests = asked(5_000)
    assert feedback.give(ADA, [(one, "yes") for one in requests]) == Counts(stored=5_000)
    again = [(one, "no" if n < 2_500 else "yes") for n, one in enumerate([*requests, *asked(10)])]
    assert feedback.give(ADA, again) == Counts(stored=10, replaced=2_500, unchanged=2_500)
    assert labels() == [("ada", "no")] * 2_500 + [("ada", "yes")] * 2_510


def test_of_two_that_say_something_at_once_each_keeps_one_label(either_engine: str) -> None:
    (request,) = asked()
    ready = Barrier(8)

    def say(number: int) -> Counts:
        ready.wait(timeout=30)
        return feedback.give(Giver(f"user{number % 2}", "ada"), [(request, str(number))])

    with ThreadPoolExecutor(8) as pool:
        counts = sum(pool.map(say, range(8)), Counts())
    assert counts.stored + counts.replaced == 8
    stored = labels()
    assert sorted(person for person, _ in stored) == ["user0", "user1"]
    assert all(int(label) % 2 == int(person[-1]) for person, label in stored)


def test_the_maximum_counts_labels_whatever_was_taken_back(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_FEEDBACK_KEEP", "5")
    get_settings.cache_clear()
    given = asked(6)
    for number, request in enumerate(given[:5]):
        feedback.give(ADA, [(request, str(number))])
    for request in given[1:4]:
        feedback.withdraw(Actor("ada", Role.EDITOR), request)
    more = [(request, str(number)) for number, request in enumerate(asked(3), start=6)]
    feedback.give(ADA, more)
    assert [label for _, label in labels()] == ["0", "4", "6", "7", "8"]
    feedback.give(ADA, [(given[5], "9")])
    assert [label for _, label in labels()] == ["4", "6", "7", "8", "9"]


def test_a_user_labels_own_predictions_and_takes_it_back(settings: Settings) -> None:
    eve, kim = Actor("eve", Role.EDITOR), Actor("kim", Role.VIEWER)
    mine, hers = new_request("points", 3, "eve", "yes"), new_request("points", 3, "ada", "yes")
    feedback.give_own(eve, mine, "no", ("yes", "no"))
    assert (feedback.label_of("eve", mine), feedback.label_of("ada", mine)) == ("no", None)
    feedback.withdraw(Actor("ada", Role.ADMIN), mine)
    assert feedback.label_of("eve", mine) == "no"
    with pytest.raises(feedback.ForeignRequestError, match="another account"):
        feedback.give_own(eve, hers, "no", ("yes", "no"))
    with pytest.raises(feedback.UnknownLabelError, match="yes, no"):
        feedback.give_own(eve, mine, "maybe", ("yes", "no"))
    for action in (lambda: feedback.give_own(kim, mine, "yes", ("yes",)), lambda: feedback.withdraw(kim, mine)):
        with pytest.raises(ForbiddenError):
            action()
    feedback.withdraw(eve, mine)
    feedback.withdraw(eve, mine)
    assert labels() == []


def test_nothing_may_be_said_to_be_on_an_image_but_not_of_a_row(settings: Settings) -> None:
    image, row = new_request("photos", 1, "ada", "cat"), new_request("points", 1, "ada", "yes", (1.0,))
    feedback.check(ADA, image, "", ("cat",), str)
    with pytest.raises(feedback.UnknownLabelError):
        feedback.check(ADA, row, "", ("yes",), str)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(label_limit.time, "monotonic", lambda: now[0])
    return now


def test_a_bucket_is_refilled_within_an_hour(clock: list[float]) -> None:
    limit = LabelLimit(3_600)
    assert limit.take("ada", 3_600) == 0.0
    assert limit.take("ada", 10) == pytest.approx(10.0)
    assert limit.take("bob", 3_600) == 0.0
    clock[0] += 9.5
    assert limit.take("ada", 10) == pytest.approx(0.5)
    clock[0] += 0.5
    assert limit.take("ada", 10) == 0.0
    clock[0] += 1e6
    assert limit.take("ada", 3_600) == 0.0
    assert limit.take("ada", 1) > 0.0


def test_people_who_were_away_for_an_hour_are_forgotten(clock: list[float]) -> None:
    limit = LabelLimit(10)
    for number in range(1_000):
        limit.take(f"user{number}", 1)
    clock[0] += 3_601
    limit.take("ada", 1)
    assert len(limit._buckets) == 1


@given(st.lists(st.integers(1, 20), max_size=60))
def test_without_time_nobody_gets_more_than_the_limit(wanted: list[int]) -> None:
    limit = LabelLimit(50)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(label_limit.time, "monotonic", lambda: 5.0)
        taken = sum(labels for labels in wanted if limit.take("ada", labels) == 0.0)
    assert taken <= 50
