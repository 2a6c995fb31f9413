"""Versions and what is known of them, in a real MLflow store."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from core.config.progress import silent
from core.config.settings import Settings, get_settings
from core.models import figure_retention, mlflow_client, registry
from core.models.store_health import deleted_experiments
from core.storage.integrity import folder_sha256
from core.workloads import get_workload
from core.workloads.base import Scores
from tests.learning import make_dataset, make_versions

pytestmark = pytest.mark.usefixtures("mlflow_store")


def test_the_newest_of_those_trained_alike_is_found() -> None:
    first, second = make_versions(2)
    assert first.fingerprint == second.fingerprint
    found = registry.find("linear", first.fingerprint)
    assert found is not None and found.version == second.version == 2
    assert found.workload == "linear"
    assert registry.find("linear", "f" * 64) is None


def test_other_data_or_parameters_are_another_training() -> None:
    one, two = make_dataset(seed=1), make_dataset(seed=2)
    chosen = get_workload("linear").training_parameters
    prints = {
        registry.fingerprint([one], chosen),
        registry.fingerprint([two], chosen),
        registry.fingerprint([], chosen),
    }
    prints.add(registry.fingerprint([one], {**chosen, "more": 1}))
    assert len(prints) == 4
    assert registry.fingerprint([one], dict(reversed(chosen.items()))) in prints


def test_a_version_knows_where_it_came_from(settings: Settings, tmp_path: Path) -> None:
    dataset, workload = make_dataset(seed=1), get_workload("linear")
    trained = workload.train(dataset, silent)
    before = datetime.now(UTC).replace(microsecond=0)
    made = registry.log_challenger("linear", [dataset], trained, "flow-run-1", 1.2345)
    assert (made.workload, made.version, made.dataset_id, made.training_s) == ("linear", 1, dataset.id, 1.234)
    assert (made.dataset_sha256, made.aliases) == (dataset.sha256, ("challenger",))
    assert made.fingerprint == registry.fingerprint([dataset], workload.training_parameters)
    assert before <= made.created_at <= datetime.now(UTC)
    assert made == registry.get_version("linear", 1) == registry.by_alias("linear", "challenger")
    run = registry.client().get_run(made.run_id)
    assert run.info.run_name == f"dataset-{dataset.id}"
    told = {name: value for name, value in run.data.tags.items() if not name.startswith("mlflow.")}
    assert told == {
        "dataset_id": str(dataset.id),
        "dataset_sha256": dataset.sha256,
        "trained_on": str(dataset.id),
        "flow_run_id": "flow-run-1",
    }
    assert run.data.params["rows"] == str(dataset.rows) and run.data.params["data.seed"] == "1"
    assert set(trained.parameters) <= set(run.data.params)
    folder = registry.download_export(made, tmp_path)
    assert folder_sha256(folder) == made.sha256
    assert run.info.artifact_uri.startswith((settings.mlflow_dir / "artifacts" / "linear").as_uri())


def test_a_second_version_takes_the_alias(tmp_path: Path) -> None:
    first, second = make_versions(2)
    assert first.training_s == second.training_s == 0.5
    listed = registry.versions("linear")
    assert [(one.version, one.aliases) for one in listed] == [(2, ("challenger",)), (1, ())]
    assert [one.version for one in registry.versions("linear", limit=1)] == [2]
    assert registry.versions("other") == []
    assert registry.champion("linear") is None and registry.by_alias("other", "champion") is None
    with pytest.raises(registry.RegistryError):
        registry.get_version("linear", 3)
    assert registry.experiment_id("linear") == registry.experiment_id("linear")


def test_scores_and_figures_are_logged_to_the_versions_run(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    (made,) = make_versions(1)
    details = {"log_loss": 0.25, "matrix": [[1, 2]], "samples": 3}
    registry.log_scores(made, Scores("accuracy", 0.9, 0.8, 0.95, 100, [], details))
    metrics = registry.client().get_run(made.run_id).data.metrics
    wanted = {"accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 0.95, "log_loss": 0.25}
    assert {name: metrics[name] for name in wanted} == wanted
    assert "matrix" not in metrics and "samples" not in metrics
    logged = registry.client().download_artifacts(made.run_id, "scores.json", str(tmp_path))
    assert json.loads(Path(logged).read_text()) == details
    registry.log_figures(made, [("a.png", Figure()), ("b.png", Figure())])
    assert {"a.png", "b.png"} <= {item.path for item in registry.client().list_artifacts(made.run_id)}


def test_what_ships_is_version_nought() -> None:
    shipped = registry.starter_version("rps")
    assert (shipped.workload, shipped.version, shipped.dataset_id, shipped.aliases) == ("rps", 0, 0, ("starter",))
    assert (shipped.run_id, shipped.dataset_sha256, shipped.fingerprint, shipped.sha256) == ("", "", "", "")
    assert shipped.training_s is None


def test_a_deleted_experiment_is_restored_by_the_next_training() -> None:
    [first] = make_versions(1)
    client = registry.client()
    client.delete_experiment(registry.experiment_id("linear"))
    [found] = deleted_experiments(get_settings())
    assert found == "shifumi-linear"
    [second] = make_versions(1)
    assert second.version == first.version + 1
    assert deleted_experiments(get_settings()) == []
    shown = {run.info.run_id for run in client.search_runs([registry.experiment_id("linear")])}
    assert {first.run_id, second.run_id} <= shown, "the runs from before are back too"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MLFLOW_RUN_ID", "0" * 32),
        ("MLFLOW_EXPERIMENT_NAME", "of-somebody-else"),
        ("MLFLOW_EXPERIMENT_ID", "4711"),
        ("MLFLOW_REGISTRY_URI", "http://127.0.0.1:1"),
        ("MLFLOW_ACTIVE_MODEL_ID", "m-0000"),
    ],
)
def test_the_environment_of_other_work_with_mlflow_changes_nothing(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    mlflow_client._client_for.cache_clear()  # as in a new process
    [made] = make_versions(1)
    run = registry.client().get_run(made.run_id)
    assert run.info.experiment_id == registry.experiment_id("linear")
    assert registry.by_alias("linear", "challenger") is not None


def test_figures_of_all_old_versions_go_a_few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = make_versions(3)[:2]  # the third is the challenger
    for version in versions:
        registry.log_figures(version, [("boundary.png", Figure())])
    monkeypatch.setattr(figure_retention, "_AT_ONCE", 1)
    later = datetime.now(UTC) + timedelta(days=1)
    assert [figure_retention.remove_figures("linear", later) for _ in range(3)] == [1, 1, 0]
    for version in versions:
        files = [item.path for item in registry.client().list_artifacts(version.run_id)]
        assert files and not any(name.endswith(".png") for name in files)
