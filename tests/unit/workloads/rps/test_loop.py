"""Hands go round the same loop as everything else: from the model that ships to a better one, for real."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.auth.roles import SYSTEM, Actor, Role
from core.config.messages import Message, render
from core.config.settings import Settings, get_settings
from core.images import store
from core.loop import decisions, loop, training
from core.models import promotion, registry
from core.models.serving import ChampionWatcher, ModelRefusedError, load_served, served_starter
from core.storage import datasets
from core.workloads import get_workload
from core.workloads.base import Trained
from core.workloads.rps import workload as rps_workload
from core.workloads.rps.export import GRAPH
from core.workloads.rps.starter import starter_folder
from tests.hands import QUICK, add_signs, signs, snapshot, tiny_weights

pytestmark = pytest.mark.usefixtures("mlflow_store")
RPS = get_workload("rps")
ADMIN = Actor("ada", Role.ADMIN)


def choose(monkeypatch: pytest.MonkeyPatch, **values: object) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"SHIFUMI_RPS_{name.upper()}", str(value))
    get_settings.cache_clear()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()


@pytest.fixture
def adopted(monkeypatch: pytest.MonkeyPatch) -> registry.Version:
    """The starter as champion, content with what it sees."""
    choose(monkeypatch, threshold=1e-9)
    signs(train=1, holdout=2, known=True)
    assert loop.run_once("rps").kind == decisions.KEPT
    found = registry.champion("rps")
    assert found is not None
    return found


def test_from_the_model_that_ships_to_a_better_one(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Signs that the starter never saw: it is measured, found wanting, challenged and replaced."""
    choose(monkeypatch, epochs=20, patience=0)
    dataset, told = signs(train=10, holdout=6), list[Message]()
    decision = loop.run_once("rps", report=lambda _share, text: told.append(text))
    assert decision.kind == decisions.PROMOTED, decision.reason
    assert "is below the threshold" in render(decision.reason) and "single images swapped" in render(decision.reason)
    assert decision.champion_version == 1 and decision.challenger_version == 2
    assert any(render(message).startswith("Epoch 20 of 20") for message in told)
    now = registry.champion("rps")
    assert now is not None and (now.version, now.dataset_id) == (2, dataset.id)
    training.draw(now, dataset)
    client = registry.client()
    run = client.get_run(now.run_id)
    assert run.data.params["base"] == "starter" and run.data.params["epochs_run"] == "20"
    assert {"mAP50", "precision", "recall", "AP50_rock"} <= set(run.data.metrics)
    assert [point.step for point in client.get_metric_history(now.run_id, "tuning/mAP50")] == list(range(1, 21))
    logged = {item.path for item in client.list_artifacts(now.run_id)}
    assert {"export", "weights", "scores.json", "precision_recall.png", "confusion_matrix.png"} <= logged
    assert "sample_predictions.png" in logged
    assert [item.path for item in client.list_artifacts(now.run_id, "weights")] == ["weights/best.pt"]
    again = loop.run_once("rps", forced=True)
    assert again.kind == decisions.KEPT and "no newer data" in render(again.reason)


def test_a_challenger_that_learnt_nothing_is_rejected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    choose(monkeypatch, epochs=1, base=tiny_weights(tmp_path))
    signs(train=5, holdout=2)
    decision = loop.run_once("rps", forced=True)
    assert decision.kind == decisions.REJECTED
    now = registry.champion("rps")
    assert now is not None and now.version == 1


def test_the_model_that_ships_becomes_version_one(adopted: registry.Version) -> None:
    assert (adopted.version, adopted.dataset_id, adopted.dataset_sha256) == (1, 0, "")
    decision = decisions.latest("rps")[0]
    assert decision.champion_version == 1
    assert decision.details["drift"]["summary"]["code"] == "drift.starter"
    loop.run_once("rps")
    assert [version.version for version in registry.versions("rps")] == [1]  # adopted once
    registry.client().delete_registered_model_alias("shifumi-rps", "champion")
    loop.run_once("rps")
    assert [version.version for version in registry.versions("rps")] == [1]  # found again


def test_until_then_it_serves_without_being_registered(settings: Settings) -> None:
    watcher = ChampionWatcher("rps")
    watcher.refresh()
    assert watcher.current is not None and watcher.state == "serving"
    assert watcher.current.version.version == 0
    assert load_served(watcher.current.version).version.version == 0
    first = watcher.current
    watcher.refresh()
    assert watcher.current is first  # loaded once


def test_the_champion_takes_over_from_it(adopted: registry.Version) -> None:
    watcher = ChampionWatcher("rps")
    watcher.current = served_starter("rps")
    watcher.refresh()
    assert watcher.current is not None and watcher.current.version.version == 1


def test_a_damaged_model_that_ships_is_said_and_not_served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    damaged = Path(shutil.copytree(starter_folder(), tmp_path / "starter"))
    (damaged / GRAPH).write_bytes(b"damaged")
    monkeypatch.setattr(rps_workload, "starter_folder", lambda: damaged)
    watcher = ChampionWatcher("rps")
    for _ in range(2):
        watcher.refresh()
        assert watcher.current is None and watcher.state == "refused"
        assert "clone the project again" in (watcher.problem or "")


def test_without_a_model_that_ships_the_first_training_makes_the_champion(monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, epochs=1)
    monkeypatch.setattr(rps_workload, "has_starter", lambda: False)
    signs(train=5, holdout=2)
    decision = loop.run_once("rps")
    assert decision.kind == decisions.PROMOTED and "First model" in render(decision.reason)


def second_version() -> registry.Version:
    """The same graph under another name: what matters is its file."""
    starter = RPS.starter()
    assert starter is not None
    other = Trained(starter.model, starter.predictor, {**starter.parameters, "base": "other"})
    return registry.log_challenger("rps", [], other, None)


def test_a_damaged_export_is_refused_and_the_old_one_serves(adopted: registry.Version, settings: Settings) -> None:
    watcher = ChampionWatcher("rps")
    watcher.refresh()
    version = second_version()
    exported = next((settings.mlflow_dir / "artifacts").rglob(f"{version.run_id}/artifacts/export/{GRAPH}"))
    content = bytearray(exported.read_bytes())
    content[1000] ^= 1
    exported.write_bytes(content)
    with pytest.raises(ModelRefusedError, match="SHA-256"):
        promotion.promote(ADMIN, "rps", version.version)
    registry.client().set_registered_model_alias("shifumi-rps", "champion", str(version.version))
    watcher.refresh()
    assert watcher.current is not None and watcher.current.version.version == 1
    assert watcher.state == "refused" and "SHA-256" in (watcher.problem or "")
    watcher.current.predictor.smoke()


def test_rolling_back_brings_the_model_that_shipped_back(adopted: registry.Version) -> None:
    promotion.promote(SYSTEM, "rps", second_version().version)
    decisions.roll_back_by_hand(ADMIN, "rps")
    now = registry.champion("rps")
    assert now is not None and now.version == 1


def test_pictures_deleted_since_do_not_stop_the_loop(adopted: registry.Version) -> None:
    images = store.listed(store.Filters(split="holdout"), limit=2)
    store.delete(ADMIN, [image.id for image in images])
    again = loop.evaluate_champion("rps", forced=True)
    assert again.scores is not None
    assert again.scores.samples == 4


def test_a_holdout_without_hands_is_explained() -> None:
    add_signs(6, "train")
    snapshot()
    with pytest.raises(ValueError, match="no model can be evaluated"):
        loop.run_once("rps")


def test_the_same_labels_are_the_same_dataset() -> None:
    first = signs(train=2, holdout=1)
    assert snapshot().id == first.id
    add_signs(1, "train", seed=1)
    assert snapshot().id != first.id
    assert datasets.latest("rps").rows == first.rows + 3
