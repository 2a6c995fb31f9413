"""The loop while the champion is pinned: it does all but change the champion, and says what it would have done."""

from datetime import timedelta

import pytest

from core.auth.roles import Actor, Role
from core.catalog.tables import Decision, utcnow
from core.config.messages import render
from core.config.settings import Settings, get_settings
from core.loop import decisions, loop
from core.loop.champion_status import champion_status
from core.models import pins, registry
from tests.learning import make_dataset

pytestmark = pytest.mark.usefixtures("mlflow_store")
ADMIN = Actor("ada", Role.ADMIN)
DAY = timedelta(days=1)


@pytest.fixture
def champion(settings: Settings) -> None:
    """A first champion, trained on dataset 1."""
    make_dataset(seed=1)
    assert loop.run_once("linear").kind == decisions.PROMOTED


def pin() -> None:
    pins.pin(ADMIN, "linear", "the fair", utcnow() + DAY)


def serving() -> int:
    found = registry.champion("linear")
    assert found is not None
    return found.version


def turned(seed: int) -> Decision:
    make_dataset(seed=seed, angle=135)
    return loop.run_once("linear")


def test_a_challenger_that_won_waits_for_the_end_of_the_pin(champion: None, monkeypatch: pytest.MonkeyPatch) -> None:
    pin()
    assert turned(3).kind == decisions.PENDING
    held = turned(4)
    assert held.kind == decisions.PENDING
    said = render(held.reason)
    assert "Version 2 would be promoted. Champion v1 is pinned until" in said
    assert "by ada: the fair" in said and "One more dataset" not in said
    assert held.challenger_version == 3  # the alarm goes on, so its data is learnt too
    assert held.details["evidence"] is not None
    assert "Version 3 would be promoted" in render(turned(5).reason)
    assert serving() == 1
    monkeypatch.setattr(pins, "utcnow", lambda: utcnow() + DAY)
    judged = len(decisions.latest("linear"))
    assert loop.run_once("linear").kind == decisions.PENDING  # judged under the pin, and not anew
    assert (serving(), len(decisions.latest("linear"))) == (1, judged)
    assert turned(6).kind == decisions.PROMOTED
    assert serving() == 4


def test_when_the_world_turns_back_the_pinned_champion_keeps_its_place(champion: None) -> None:
    """What had won under the pin has to be better still when it ends."""
    pin()
    turned(3)
    assert "would be promoted" in render(turned(4).reason)
    for seed in range(5, 9):
        make_dataset(seed=seed)
        loop.run_once("linear")
    pins.unpin(ADMIN, "linear")
    make_dataset(seed=9)
    loop.run_once("linear")
    assert serving() == 1


def test_without_confirmations_a_better_challenger_waits_too(champion: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_PROMOTE_CONFIRMATIONS", "0")
    get_settings.cache_clear()
    pin()
    held = turned(3)
    assert held.kind == decisions.PENDING
    assert "Version 2 would be promoted" in render(held.reason)
    pins.unpin(ADMIN, "linear")
    assert turned(4).kind == decisions.PROMOTED
    assert serving() == 2


def test_a_shadow_that_won_serves_again_only_after_the_pin(champion: None) -> None:
    turned(3)
    decisions.promote_by_hand(ADMIN, "linear", 2)
    pin()
    for seed in (4, 5):
        make_dataset(seed=seed)
        held = loop.run_once("linear")
        assert held.kind in (decisions.KEPT, decisions.PENDING)
        said = render(held.reason)
        assert "Version 1 would serve again" in said and "Champion v2 is pinned until" in said
        assert held.details["shadow"] is not None
        assert serving() == 2
    assert len(registry.versions("linear")) > 2  # the alarm trained a challenger all the same
    pins.unpin(ADMIN, "linear")
    assert loop.run_once("linear").id == decisions.latest("linear")[0].id
    assert serving() == 2
    make_dataset(seed=6)
    assert loop.run_once("linear").kind == decisions.ROLLED_BACK
    assert serving() == 1


def test_the_status_of_the_champion_has_the_pin(champion: None) -> None:
    assert champion_status("linear").pin is None
    pin()
    held = champion_status("linear").pin
    assert held is not None and held.reason == "the fair"
