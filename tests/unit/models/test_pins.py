"""Pinned champions: who may pin, what a pin keeps from happening, and when it ends."""

import threading
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from core.auth import audit
from core.auth.roles import Actor, ForbiddenError, Role
from core.catalog.engine import writing
from core.catalog.tables import Pin, utcnow
from core.config.messages import message_of, render
from core.loop import decisions
from core.models import pins, promotion, registry
from tests.learning import make_versions

pytestmark = pytest.mark.usefixtures("mlflow_store")
ADMIN, EDITOR = Actor("ada", Role.ADMIN), Actor("ed", Role.EDITOR)
DAY = timedelta(days=1)


def serving() -> int | None:
    found = registry.champion("linear")
    return found.version if found else None


@pytest.fixture
def two_versions() -> None:
    """Version 2 serves, version 1 did before."""
    make_versions(2)
    for version in (1, 2):
        promotion.promote(ADMIN, "linear", version)


def pinned_for(span: timedelta = DAY, reason: str = "the fair") -> Pin:
    return pins.pin(ADMIN, "linear", reason, utcnow() + span)


def test_a_pin_is_kept_with_its_reason_and_audited(two_versions: None) -> None:
    made = pinned_for(reason=" the fair ")
    held = pins.active("linear")
    assert held is not None
    assert (held.id, held.version, held.reason, held.by) == (made.id, 2, "the fair", "ada")
    pins.unpin(ADMIN, "linear")
    assert pins.active("linear") is None
    (lifted, pinned) = (audit.latest(action=name)[0] for name in ("model.unpin", "model.pin"))
    assert lifted.subject == pinned.subject == "linear v2"
    assert pinned.details == {"reason": "the fair", "until": made.until.isoformat()}


def test_only_an_admin_pins(two_versions: None) -> None:
    with pytest.raises(ForbiddenError):
        pins.pin(EDITOR, "linear", "mine", utcnow() + DAY)
    pinned_for()
    with pytest.raises(ForbiddenError):
        pins.unpin(EDITOR, "linear")
    assert pins.active("linear") is not None


@pytest.mark.parametrize(
    ("reason", "until", "code"),
    [
        ("  ", utcnow() + DAY, "pin.bad_reason"),
        ("x" * 501, utcnow() + DAY, "pin.bad_reason"),
        ("late", utcnow() - DAY, "pin.bad_end"),
        ("naive", datetime(2100, 1, 1), "pin.bad_end"),
    ],
)
def test_what_does_not_fit_is_refused(two_versions: None, reason: str, until: datetime, code: str) -> None:
    with pytest.raises(pins.PinError) as refused:
        pins.pin(ADMIN, "linear", reason, until)
    assert message_of(refused.value).code == code
    assert pins.active("linear") is None


def test_without_a_champion_there_is_nothing_to_pin() -> None:
    make_versions(1)
    with pytest.raises(pins.PinError, match="no champion to pin"):
        pinned_for()
    with pytest.raises(pins.PinError, match="not pinned"):
        pins.unpin(ADMIN, "linear")


def test_one_pin_at_a_time(two_versions: None) -> None:
    pinned_for()
    with pytest.raises(pins.PinError, match="There is a pin already"):
        pinned_for()
    twin = Pin(workload="linear", version=1, reason="r", until=utcnow() + DAY, by="ada")
    with pytest.raises(IntegrityError), writing() as session:
        session.add(twin)


def test_by_hand_nothing_changes_a_pinned_champion(two_versions: None) -> None:
    pinned_for()
    made = len(decisions.latest("linear"))
    for action in (
        lambda: decisions.promote_by_hand(ADMIN, "linear", 1, "now"),
        lambda: decisions.roll_back_by_hand(ADMIN, "linear", "now"),
    ):
        with pytest.raises(pins.PinnedError, match=r"Unpin first\. Champion v2 is pinned until .* by ada: the fair"):
            action()
    assert (serving(), len(decisions.latest("linear"))) == (2, made)
    pins.unpin(ADMIN, "linear")
    decisions.roll_back_by_hand(ADMIN, "linear")
    assert serving() == 1


def test_a_pin_ends_by_itself_and_makes_room(two_versions: None, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pinned_for()
    monkeypatch.setattr(pins, "utcnow", lambda: utcnow() + DAY - timedelta(minutes=1))
    assert pins.active("linear") is not None
    monkeypatch.setattr(pins, "utcnow", lambda: utcnow() + DAY)
    assert pins.active("linear") is None
    with pytest.raises(pins.PinError, match="not pinned"):
        pins.unpin(ADMIN, "linear")
    promotion.promote(ADMIN, "linear", 1)
    second = pinned_for(2 * DAY)
    held = pins.active("linear")
    assert held is not None and (held.id, held.version) == (second.id, 1)
    with writing() as session:
        ended = session.get_one(Pin, first.id)
    assert (ended.ended_at, ended.ended_by) == (first.until, None)


def test_a_pin_is_of_one_workload(two_versions: None) -> None:
    pinned_for()
    with pins.unpinned("another"):
        pass
    assert pins.active("another") is None


def test_of_a_pin_and_a_rollback_at_once_the_first_wins(either_engine: str, two_versions: None) -> None:
    """Whichever it is, the version that was pinned is the one that serves while the pin holds."""
    for _ in range(6):
        refused: list[Exception] = []
        start = threading.Barrier(2)

        def attempt(action: object, refused: list[Exception] = refused, start: threading.Barrier = start) -> None:
            start.wait()
            try:
                action()  # type: ignore[operator]
            except pins.PinnedError as error:
                refused.append(error)

        before = serving()
        threads = [
            threading.Thread(target=attempt, args=(action,))
            for action in (pinned_for, lambda: promotion.roll_back(ADMIN, "linear"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        held = pins.active("linear")
        assert held is not None
        assert serving() == held.version
        assert (held.version == before) == bool(refused)
        pins.unpin(ADMIN, "linear")


_STEPS = st.lists(st.sampled_from(["pin", "unpin", "promote 1", "promote 2", "roll back"]), min_size=1, max_size=10)


@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(steps=_STEPS)
def test_whatever_the_order_a_pinned_champion_stays(two_versions: None, steps: list[str]) -> None:
    todo = {
        "pin": pinned_for,
        "unpin": lambda: pins.unpin(ADMIN, "linear"),
        "promote 1": lambda: decisions.promote_by_hand(ADMIN, "linear", 1),
        "promote 2": lambda: decisions.promote_by_hand(ADMIN, "linear", 2),
        "roll back": lambda: decisions.roll_back_by_hand(ADMIN, "linear"),
    }
    for step in steps:
        held = pins.active("linear")
        try:
            todo[step]()
        except pins.PinError as error:
            assert render(message_of(error))
            assert (held is None) == (step == "unpin")
        if held is not None:
            assert serving() == held.version
    if pins.active("linear") is not None:
        pins.unpin(ADMIN, "linear")
