"""Watchers that load nothing before they are asked, and the one thread that lets several of them look."""

import threading

import pytest

from core.config.settings import Settings
from core.models import registry
from core.models.champion_poller import ChampionPoller
from core.models.serving import ChampionWatcher
from core.workloads import DEFAULT, of_kind
from tests.waiting import wait_until

SHIPPED = of_kind("images")[0].name


def test_a_lazy_watcher_knows_what_there_is_and_loads_it_when_it_is_woken(settings: Settings) -> None:
    watcher = ChampionWatcher(SHIPPED, lazy=True)
    assert (watcher.state, watcher.known) == ("starting", None)
    watcher.refresh()
    assert (watcher.state, watcher.current) == ("idle", None)
    assert watcher.known is not None
    assert watcher.known.version == 0
    watcher.wake()
    assert watcher.state == "serving"
    assert watcher.current is not None
    assert watcher.current.version.workload == SHIPPED
    loaded = watcher.current
    watcher.wake()
    watcher.refresh()
    assert watcher.current is loaded


def test_a_lazy_watcher_without_a_champion_says_so(settings: Settings) -> None:
    watcher = ChampionWatcher(DEFAULT, lazy=True)
    watcher.refresh()
    assert (watcher.state, watcher.known) == ("no-champion", None)
    watcher.wake()
    assert (watcher.state, watcher.current) == ("no-champion", None)


def test_one_thread_lets_all_look_and_ends_when_it_is_told(settings: Settings) -> None:
    watchers = [ChampionWatcher(DEFAULT), ChampionWatcher(SHIPPED, lazy=True)]
    watch = ChampionPoller(watchers, interval_s=0.01)
    before = threading.active_count()
    watch.start()
    assert threading.active_count() == before + 1
    wait_until(lambda: [w.state for w in watchers] == ["no-champion", "idle"], what="both to have looked")
    watch.stop()
    assert threading.active_count() == before


def test_what_one_store_throws_stops_no_other_watcher(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(workload: str) -> None:
        if workload == DEFAULT:
            raise RuntimeError("a store that nobody foresaw")

    monkeypatch.setattr(registry, "store_exists", lambda: True)
    monkeypatch.setattr(registry, "champion", fail)
    watchers = [ChampionWatcher(DEFAULT), ChampionWatcher(SHIPPED, lazy=True)]
    watch = ChampionPoller(watchers, interval_s=0.01)
    watch.start()
    wait_until(lambda: watchers[1].state == "idle", what="the second one to look")
    watch.stop()
    assert watchers[0].state == "unreachable"
    assert "nobody foresaw" in str(watchers[0].problem)
