"""Which model serves a stream: the champion, the starter while there is none, and what happens when one is damaged."""

import gc
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.auth.roles import SYSTEM
from core.config.settings import ROOT, Settings
from core.live import model_cache as module
from core.live.model_cache import ModelCache
from core.loop import loop
from core.models import promotion, registry, serving
from tests.learning import make_dataset
from tests.live import SquareDetector, served
from tests.waiting import wait_until

# The registry does not care what a version predicts: the linear workload trains in no time.
WORKLOAD = "linear"


@pytest.fixture(autouse=True)
def a_starter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "served_starter", lambda workload: served(SquareDetector(), workload))


def follow(idle_s: float = 2.0) -> ModelCache:
    return ModelCache(WORKLOAD, interval_s=0.02, idle_s=idle_s)


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    yield
    for thread in [thread for thread in threading.enumerate() if thread.name == "live-champion"]:
        thread.join(10)
        assert not thread.is_alive()


def name_of(cache: ModelCache) -> str | None:
    found = cache.current()
    return found.name if found else None


def train(seed: int) -> registry.Version:
    make_dataset(seed=seed, angle=45.0 if seed % 2 else 135.0)
    loop.run_once(WORKLOAD)
    found = registry.versions(WORKLOAD)[0]
    promotion.promote(SYSTEM, WORKLOAD, found.version)
    return found


def test_without_a_champion_the_starter_serves() -> None:
    watched = follow()
    wait_until(lambda: name_of(watched) == "starter", every=0.01)
    assert watched.problem is None


def damage(settings: Settings, version: registry.Version) -> None:
    (file,) = settings.mlflow_dir.glob(f"**/{version.run_id}/artifacts/export/linear.json")
    file.write_bytes(file.read_bytes() + b" ")


def test_champions_come_and_go_and_a_damaged_one_serves_nobody(mlflow_store: Path, settings: Settings) -> None:
    watched = follow()
    wait_until(lambda: name_of(watched) == "starter", every=0.01)
    train(1)
    wait_until(lambda: name_of(watched) == "v1", every=0.01)
    newest = train(2)
    wait_until(lambda: name_of(watched) == "v2", every=0.01)
    promotion.roll_back(SYSTEM, WORKLOAD)
    wait_until(lambda: name_of(watched) == "v1", every=0.01)

    damage(settings, newest)
    registry.client().set_registered_model_alias(registry.model_name(WORKLOAD), "champion", str(newest.version))
    wait_until(lambda: name_of(watched) == "v1" and watched.problem, every=0.01)
    assert "does not match its SHA-256" in str(watched.problem)
    fresh = follow()
    wait_until(lambda: name_of(fresh) == "starter" and fresh.problem, every=0.01)
    assert "does not match its SHA-256" in str(fresh.problem)


def test_without_champion_and_starter_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "served_starter", lambda workload: None)
    watched = follow()
    wait_until(lambda: watched.current() is None and watched.problem, every=0.01)
    assert "Create a dataset" in str(watched.problem)
    with pytest.raises(serving.ModelRefusedError, match="no model yet"):
        module.starter_model(WORKLOAD)


def test_a_damaged_starter_is_refused_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(workload: str) -> serving.Served:
        raise serving.ModelRefusedError("The starter is damaged: clone the project again.")

    monkeypatch.setattr(serving, "served_starter", damaged)
    watched = follow()
    wait_until(lambda: watched.current() is None and watched.problem, every=0.01)
    assert "clone the project again" in str(watched.problem)


def test_a_store_that_does_not_answer_leaves_the_starter_and_says_so(mlflow_store: Path) -> None:
    mlflow_store.write_bytes(b"not a database")
    watched = follow()
    wait_until(lambda: name_of(watched) == "starter" and watched.problem, every=0.01)
    assert "MLflow's database is damaged or was emptied" in str(watched.problem)


def test_it_sleeps_when_nobody_asks_and_wakes_up_again() -> None:
    watched = follow(idle_s=0.1)
    for _ in range(3):
        wait_until(lambda: name_of(watched) == "starter", every=0.01)
        wait_until(lambda: not watched.awake, every=0.02)


def test_what_was_loaded_is_not_searched_for_garbage_again() -> None:
    """With MLflow loaded a full collection stops every thread for half a second: the video would stand still."""
    gc.unfreeze()
    watched = follow(idle_s=0.1)
    wait_until(lambda: name_of(watched) == "starter" and gc.get_freeze_count() > 10_000, every=0.01)


def test_the_workbench_does_not_collect_after_each_beat() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["runner"]["postScriptGC"] is False
