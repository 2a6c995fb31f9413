"""The loop itself, on real data and a real MLflow store."""

from pathlib import Path

import pytest
from mlflow.sklearn import load_model

from core.auth.roles import SYSTEM, Actor, ForbiddenError, Role
from core.catalog.engine import writing
from core.catalog.tables import Decision
from core.config.messages import render, say
from core.config.settings import Settings, get_settings
from core.loop import contract, decisions, history, loop, training
from core.models import promotion, registry
from core.models.serving import ChampionWatcher, ModelRefusedError, load_served
from core.storage import datasets, lake
from core.workloads import get_workload
from core.workloads.base import Evidence
from core.workloads.linear.data import generate_columns
from tests.learning import make_dataset

pytestmark = pytest.mark.usefixtures("mlflow_store")
ADMIN = Actor("ada", Role.ADMIN)


@pytest.fixture
def champion(settings: Settings) -> registry.Version:
    """A first champion, trained on dataset 1."""
    make_dataset(seed=1)
    assert loop.run_once("linear").kind == decisions.PROMOTED
    found = registry.champion("linear")
    assert found is not None
    return found


def test_nothing_to_check_without_data() -> None:
    with pytest.raises(datasets.NoDatasetError, match="Generate one"):
        loop.run_once("linear")


def test_first_model_is_promoted_and_logged(champion: registry.Version) -> None:
    assert champion.version == 1
    run = registry.client().get_run(champion.run_id)
    assert {"accuracy", "log_loss", "roc_auc"} <= set(run.data.metrics)
    assert run.data.params["data.seed"] == "1"
    assert load_model(f"models:/shifumi-linear/{champion.version}").predict([[5.0, 5.0], [-5.0, -5.0]]).tolist() == [
        1,
        0,
    ]


def test_figures_are_attached(champion: registry.Version) -> None:
    training.draw(champion, datasets.latest("linear"))
    names = {item.path for item in registry.client().list_artifacts(champion.run_id)}
    assert {"boundary.png", "confusion_matrix.png", "scores.json", "export"} <= names


def test_undrifted_data_keeps_the_champion(champion: registry.Version) -> None:
    make_dataset(seed=2)
    decision = loop.run_once("linear")
    assert decision.kind == decisions.KEPT
    assert "meets the threshold" in render(decision.reason)
    assert not decision.drift
    assert len(registry.versions("linear")) == 1


def test_a_turned_boundary_is_promoted_once_new_data_confirms_it(champion: registry.Version) -> None:
    make_dataset(seed=3, angle=135)
    first = loop.run_once("linear")
    assert first.kind == decisions.PENDING
    assert "below the threshold" in render(first.reason)
    assert "One more dataset will decide" in render(first.reason)
    assert _serving() == 1
    make_dataset(seed=4, angle=135)
    assert loop.run_once("linear").kind == decisions.PROMOTED
    before = registry.by_alias("linear", registry.PREVIOUS)
    assert before is not None
    assert (_serving(), before.version) == (2, 1)
    assert registry.by_alias("linear", registry.CHALLENGER) is None


def test_without_confirmations_the_holdout_of_its_own_data_decides(
    champion: registry.Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIFUMI_PROMOTE_CONFIRMATIONS", "0")
    get_settings.cache_clear()
    make_dataset(seed=3, angle=135)
    assert loop.run_once("linear").kind == decisions.PROMOTED


def test_one_bad_dataset_does_not_take_the_throne(champion: registry.Version) -> None:
    """Its model is better on that data, and worse on what follows."""
    make_dataset(seed=3, angle=135)
    assert loop.run_once("linear").kind == decisions.PENDING
    kinds = []
    for seed in range(4, 6):
        make_dataset(seed=seed)
        kinds.append(loop.run_once("linear").kind)
    assert kinds == [decisions.REJECTED, decisions.KEPT]
    assert _serving() == 1


def test_moved_features_are_reported_and_ask_for_nothing(champion: registry.Version) -> None:
    """The champion is as good as before: a training would be useless."""
    shown = get_workload("linear").parameters(rows=2_000, seed=4)
    columns = generate_columns(**shown.model_dump())
    wider = 0.7 * (columns["x2"] - columns["x1"])  # along the boundary, which runs at 45°
    columns["x1"], columns["x2"] = columns["x1"] - wider, columns["x2"] + wider
    datasets.register(lake.write(columns, "linear"), "linear", {}, SYSTEM)
    decision = loop.run_once("linear")
    assert decision.drift and decision.details["drift"]["tests"]
    assert decision.kind == decisions.KEPT
    assert len(registry.versions("linear")) == 1


def test_a_loss_above_the_threshold_raises_the_alarm(champion: registry.Version) -> None:
    make_dataset(seed=5, rows=10_000, angle=62)
    run = loop.evaluate_champion("linear")
    assert run.scores is not None and run.scores.value >= get_workload("linear").threshold
    assert run.gate.reason.code == "gate.loss_rose"
    assert loop.run_once("linear").kind == decisions.PENDING
    make_dataset(seed=6, rows=10_000, angle=62)
    assert loop.run_once("linear").kind == decisions.PROMOTED


def test_each_dataset_is_judged_once(champion: registry.Version) -> None:
    make_dataset(seed=2)
    first = loop.run_once("linear")
    counted = len(decisions.latest("linear")), len(decisions.evaluations("linear"))
    assert {loop.run_once("linear").id for _ in range(5)} == {first.id}
    assert (len(decisions.latest("linear")), len(decisions.evaluations("linear"))) == counted


def test_another_policy_judges_anew(champion: registry.Version, monkeypatch: pytest.MonkeyPatch) -> None:
    make_dataset(seed=2)
    first = loop.run_once("linear")
    monkeypatch.setenv("SHIFUMI_LINEAR_THRESHOLD", "0.99")
    get_settings.cache_clear()
    second = loop.run_once("linear")
    assert (first.kind, second.kind) == (decisions.KEPT, decisions.PENDING)


def test_a_rollback_lasts(champion: registry.Version) -> None:
    """The data that led to the version is still there, and the next checks do not promote it again."""
    for seed in (3, 4):
        make_dataset(seed=seed, angle=135)
        loop.run_once("linear")
    assert _serving() == 2
    decisions.roll_back_by_hand(ADMIN, "linear")
    for forced in (False, True, False):
        loop.run_once("linear", forced=forced)
        assert _serving() == 1


def test_the_previous_champion_returns_when_new_data_shows_that_it_was_better(champion: registry.Version) -> None:
    make_dataset(seed=3, angle=135)
    loop.run_once("linear")
    decisions.promote_by_hand(ADMIN, "linear", 2)
    make_dataset(seed=4)
    decision = loop.run_once("linear")
    assert decision.kind == decisions.ROLLED_BACK
    assert "Version 1 serves again" in render(decision.reason)
    assert _serving() == 1
    make_dataset(seed=5)
    assert loop.run_once("linear").kind == decisions.KEPT
    assert _serving() == 1


def test_a_challenger_that_gains_nothing_is_rejected(champion: registry.Version) -> None:
    make_dataset(seed=5)
    assert loop.run_once("linear", forced=True).kind == decisions.PENDING
    for seed in range(6, 13):
        make_dataset(seed=seed)
        if loop.run_once("linear").kind == decisions.REJECTED:
            break
    assert decisions.latest("linear")[0].kind == decisions.REJECTED
    assert _serving() == 1


def test_training_is_idempotent(champion: registry.Version) -> None:
    make_dataset(seed=5)
    for _ in range(2):
        loop.run_once("linear", forced=True)
    assert [v.version for v in registry.versions("linear")] == [2, 1]


def test_hopeless_data_trains_once(champion: registry.Version) -> None:
    """Noise that no model can beat, which a user accepted: later checks of the same data find the decision again."""
    noisy = make_dataset(seed=6, noise=2.0)
    assert contract.validate(noisy).status == datasets.QUARANTINED
    contract.accept(ADMIN, noisy.id, "that is how it is measured now")
    kinds = [loop.run_once("linear").kind for _ in range(3)]
    assert kinds == [decisions.PENDING] * 3
    assert len(registry.versions("linear")) == 2


def _serving() -> int:
    found = registry.champion("linear")
    assert found is not None
    return found.version


def test_deleted_training_data_does_not_break_the_check(champion: registry.Version) -> None:
    datasets.delete(SYSTEM, champion.dataset_id)
    make_dataset(seed=7)
    decision = loop.run_once("linear")
    assert decision.kind == decisions.KEPT
    assert decision.details["drift"]["summary"]["code"] == "drift.reference_deleted"


def test_promotion_and_rollback_need_an_admin(champion: registry.Version) -> None:
    for seed in (3, 4):
        make_dataset(seed=seed, angle=135)
        loop.run_once("linear")
    editor = Actor("ed", Role.EDITOR)
    with pytest.raises(ForbiddenError):
        decisions.promote_by_hand(editor, "linear", 1)
    with pytest.raises(ForbiddenError):
        decisions.roll_back_by_hand(editor, "linear")
    decisions.roll_back_by_hand(ADMIN, "linear")
    now = registry.champion("linear")
    assert now is not None and now.version == 1
    assert decisions.latest("linear")[0].kind == decisions.ROLLED_BACK


def test_rollback_without_a_previous_champion_says_so(champion: registry.Version) -> None:
    with pytest.raises(registry.RegistryError, match="no previous"):
        decisions.roll_back_by_hand(ADMIN, "linear")


def _export_of(version: registry.Version, settings: Settings) -> Path:
    found = list((settings.mlflow_dir / "artifacts").rglob(f"{version.run_id}/artifacts/export/linear.json"))
    assert len(found) == 1
    return found[0]


def test_a_changed_model_file_is_refused_and_the_old_one_serves(champion: registry.Version, settings: Settings) -> None:
    watcher = ChampionWatcher("linear")
    watcher.refresh()
    assert watcher.current is not None and watcher.current.version.version == 1
    make_dataset(seed=5)
    loop.run_once("linear", forced=True)
    _export_of(registry.get_version("linear", 2), settings).write_text('{"w1": 9, "w2": 9, "bias": 9}')
    with pytest.raises(ModelRefusedError, match="SHA-256"):
        load_served(registry.get_version("linear", 2))
    with pytest.raises(ModelRefusedError):
        promotion.promote(ADMIN, "linear", 2)
    registry.client().set_registered_model_alias("shifumi-linear", "champion", "2")
    watcher.refresh()
    assert watcher.current.version.version == 1
    assert "SHA-256" in (watcher.problem or "")
    registry.client().set_registered_model_alias("shifumi-linear", "champion", "1")
    watcher.refresh()
    assert watcher.problem is None


def test_artifacts_stay_in_the_data_folder(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Also when the store's address comes from the environment, as it does under ``manage.py run``."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", settings.tracking_uri)
    monkeypatch.chdir(tmp_path)
    get_settings.cache_clear()
    make_dataset(seed=1)
    loop.run_once("linear")
    assert not (tmp_path / "mlruns").exists()
    assert list((settings.mlflow_dir / "artifacts").rglob("linear.json"))


def test_missing_store_is_explained(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{settings.data_dir.as_posix()}/catalog.db/mlflow.db")
    get_settings.cache_clear()
    with pytest.raises(registry.RegistryError, match="MLFLOW_TRACKING_URI"):
        registry.champion("linear")


def test_evidence_of_a_dataset_counts_once_however_often_a_check_is_forced(champion: registry.Version) -> None:
    found = Evidence((1.0,) * 7, 20.0, 1_000)
    with writing() as session:
        for dataset in (3, 3, 4, 3):
            details = {"evidence": found.as_json(), "shadow": found.as_json()}
            made = Decision(workload="linear", kind=decisions.PENDING, reason=(say("gate.forced"),), details=details)
            made.champion_version, made.challenger_version, made.dataset_id = champion.version, 2, dataset
            session.add(made)
    waiting = history.challenge("linear", champion)
    assert waiting is not None
    assert (waiting.datasets, waiting.evidence) == (2, found + found)
    again = history.challenge("linear", champion, but=4)
    assert again is not None
    assert (again.datasets, again.evidence) == (1, found)
    assert history.shadow_evidence("linear", champion, but=4) == found
    assert history.shadow_evidence("linear", champion, but=5) == found + found
