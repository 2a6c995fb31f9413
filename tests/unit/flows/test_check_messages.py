"""What a check tells Discord about one dataset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.catalog.tables import Dataset
from core.config.messages import say
from core.config.settings import get_settings
from core.loop import decisions
from core.loop.loop_run import Gate, LoopRun
from core.loop.policy import Policy
from core.models import registry
from core.monitoring import notify
from core.monitoring.quarantine_alert import announce_quarantined
from core.workloads import get_workload
from flows.check_messages import CheckMessages
from tests.deciding import decision, store
from tests.discord import FakeDiscord, fake_discord


@pytest.fixture
def discord(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDiscord]:
    with fake_discord() as server:
        monkeypatch.setenv("SHIFUMI_DISCORD_WEBHOOK_URL", server.url)
        monkeypatch.setenv("SHIFUMI_WORKBENCH_URL", "https://shifumi.example")
        monkeypatch.setenv("SHIFUMI_RPS_HEAD", "false")  # a training of minutes
        get_settings.cache_clear()
        notify.forget_failures()
        yield server


def turn(workload: str = "linear") -> LoopRun:
    champion = replace(registry.starter_version(workload), version=1)
    gate = Gate(True, say("gate.refit_better", datasets=1, gain=0.1, p=0.001))
    dataset = Dataset(id=3, workload=workload, rows=100, created_by="eve", findings=[])
    return LoopRun(workload, dataset, champion, None, gate, Policy.of(get_workload(workload)))


def test_alarm_and_decision_are_one_message_with_a_chart(discord: FakeDiscord) -> None:
    store(pending := decision("pending", 0.6, versions=(1, 2)))
    messages = CheckMessages(turn())
    messages.training_begins()
    assert not discord.messages, "the training takes a second"
    messages.decided(pending)
    assert discord.messages == [
        ["linear: challenger v2 waits for one more dataset", "⚠ linear: alarm, a challenger is trained"]
    ]
    assert discord.charts == 1
    assert discord.embeds[0]["url"] == "https://shifumi.example/train"
    assert {one["name"]: one["value"] for one in discord.embeds[0]["fields"]} == {
        "champion": "v1",
        "accuracy": "–",
        "dataset": "3",
    }


def test_a_long_training_is_announced_before(discord: FakeDiscord) -> None:
    store(promoted := decision("promoted", 0.6, 0.9, versions=(1, 2), workload="rps"))
    messages = CheckMessages(turn("rps"))
    messages.training_begins()
    assert discord.messages == [["⚠ rps: alarm, a challenger is trained"]]
    messages.decided(promoted)
    assert discord.messages[1:] == [["rps: challenger v2 promoted"]]


def test_a_quick_training_is_told_with_its_result(discord: FakeDiscord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.check_messages.quick_parameters", lambda _workload, _dataset: {"recipe": "head"})
    store(promoted := decision("promoted", 0.6, 0.9, versions=(1, 2), workload="rps"))
    messages = CheckMessages(turn("rps"))
    messages.training_begins()
    assert discord.messages == []
    messages.decided(promoted)
    assert discord.messages == [["rps: challenger v2 promoted", "⚠ rps: alarm, a challenger is trained"]]


def test_there_are_never_more_than_two_about_a_dataset(discord: FakeDiscord) -> None:
    """Quarantined, accepted, alarm, decision, and another look at the same dataset."""
    run = turn("rps")
    announce_quarantined([run.dataset])
    store(pending := decision("pending", 0.6, versions=(1, 2), workload="rps"))
    for _ in range(3):
        messages = CheckMessages(run)
        messages.training_begins()
        messages.decided(pending)
    assert discord.messages == [
        ["⛔ Dataset 3 quarantined: rps"],
        ["rps: challenger v2 waits for one more dataset", "⚠ rps: alarm, a challenger is trained"],
    ]
    other = replace(run, dataset=Dataset(id=4, workload="rps", rows=100, created_by="eve"))
    CheckMessages(other).decided(pending)
    assert len(discord.messages) == 3


def test_a_champion_that_stays_is_no_news(discord: FakeDiscord) -> None:
    messages = CheckMessages(turn())
    messages.decided(decision(decisions.KEPT, 0.9, versions=(1, None)))
    assert not discord.messages
