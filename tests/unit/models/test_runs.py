"""Searching tracked runs in a real MLflow store."""

from pathlib import Path

import pytest

from core.config.settings import Settings
from core.models import registry, run_files, runs
from core.models.registry import RegistryError
from core.models.run_files import MAX_FILE_BYTES
from core.models.runs import Query


@pytest.fixture
def tracked(mlflow_store: Path) -> list[str]:
    """Five runs of ``linear``: accuracies .5 to .9, the last one failed; version 1 is the fourth run's."""
    client, experiment = registry.client(), registry.experiment_id("linear")
    made = []
    for number in range(5):
        tags = {"dataset_id": str(number), "flow_run_id": f"flow-{number}"}
        run = client.create_run(experiment, start_time=1_000_000 + number * 1000, tags=tags, run_name=f"try-{number}")
        client.log_metric(run.info.run_id, "accuracy", 0.5 + number / 10)
        client.log_param(run.info.run_id, "data.angle", str(45 * number))
        status = "FAILED" if number == 4 else "FINISHED"
        client.set_terminated(run.info.run_id, status, end_time=1_002_000 + number * 1000)
        made.append(run.info.run_id)
    client.create_registered_model("shifumi-linear")
    client.create_model_version("shifumi-linear", source=f"runs:/{made[3]}/model", run_id=made[3])
    client.set_registered_model_alias("shifumi-linear", "champion", "1")
    return made


def names(query: Query) -> list[str]:
    return [run.name for run in runs.search(query).runs]


def test_without_a_store_there_are_no_runs_and_none_is_made(settings: Settings) -> None:
    assert runs.search(Query()).runs == []
    assert not (settings.mlflow_dir / "mlflow.db").exists()
    with pytest.raises(LookupError):
        runs.get("0" * 32)


def test_an_empty_store_has_no_runs(mlflow_store: Path) -> None:
    assert runs.search(Query()).runs == []


def test_a_broken_store_is_explained_at_once(settings: Settings) -> None:
    (settings.mlflow_dir / "mlflow.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(RegistryError, match="doctor"):
        runs.search(Query())


def test_a_run_tells_where_it_came_from_and_what_it_became(tracked: list[str]) -> None:
    run = runs.get(tracked[3])
    assert (run.name, run.workload, run.status, run.seconds) == ("try-3", "linear", "FINISHED", 2.0)
    assert (run.dataset_id, run.flow_run_id) == (3, "flow-3")
    assert (run.versions, run.aliases) == ((1,), ("champion",))
    assert run.metrics["accuracy"] == pytest.approx(0.8)


def test_the_newest_come_first(tracked: list[str]) -> None:
    assert names(Query()) == ["try-4", "try-3", "try-2", "try-1", "try-0"]
    assert names(Query(descending=False))[0] == "try-0"


def test_filters_and_sorts(tracked: list[str]) -> None:
    assert names(Query(status="FAILED")) == ["try-4"]
    assert names(Query(metric="accuracy", least=0.65, sort="accuracy", descending=False)) == [
        "try-2",
        "try-3",
        "try-4",
    ]
    assert names(Query(alias="champion")) == ["try-3"]
    assert names(Query(text="V1")) == ["try-3"]
    assert names(Query(text="data.angle=90")) == ["try-2"]
    assert names(Query(text="try champion")) == ["try-3"]
    assert names(Query(text="nothing like this")) == []
    assert names(Query(workload="linear", limit=1)) == ["try-4"]


def test_a_metric_name_cannot_break_out_of_the_filter(tracked: list[str]) -> None:
    assert names(Query(metric="x` >= 0 or metrics.`accuracy", least=0.0)) == []


def test_it_says_when_there_are_more(tracked: list[str]) -> None:
    assert runs.search(Query(limit=4)).more
    assert not runs.search(Query(limit=5)).more


def test_many_runs_are_read_batch_by_batch_and_a_bound_is_kept(
    tracked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_BATCH", 2)
    assert len(names(Query())) == 5
    monkeypatch.setattr(runs, "_SCAN", 3)
    found = runs.search(Query(text="try-0"))
    assert (found.runs, found.more) == ([], True)


@pytest.mark.parametrize("run_id", ["0" * 32, "../../etc/passwd", "", "x' or 1=1"])
def test_an_unknown_run_is_said_to_be_unknown(run_id: str, tracked: list[str]) -> None:
    with pytest.raises(LookupError):
        runs.get(run_id)


def test_a_run_of_somebody_elses_experiment_is_not_ours(mlflow_store: Path) -> None:
    client = registry.client()
    other = client.create_run(client.create_experiment("other"))
    with pytest.raises(LookupError, match="no workload"):
        runs.get(other.info.run_id)


def test_files_are_listed_through_folders_and_read(tracked: list[str]) -> None:
    client = registry.client()
    client.log_text(tracked[0], '{"a": 1}', "scores.json")
    client.log_text(tracked[0], "deep", "export/inner/notes.txt")
    assert [(item.path, item.bytes) for item in run_files.artifacts(tracked[0])] == [
        ("export/inner/notes.txt", 4),
        ("scores.json", 8),
    ]
    assert run_files.read_artifact(tracked[0], "export/inner/notes.txt") == b"deep"
    assert run_files.artifacts(tracked[1]) == []


@pytest.mark.parametrize("path", ["../../../mlflow.db", "/etc/passwd", "nope.txt", "export"])
def test_only_listed_files_are_read(path: str, tracked: list[str]) -> None:
    registry.client().log_text(tracked[0], "deep", "export/notes.txt")
    with pytest.raises(LookupError):
        run_files.read_artifact(tracked[0], path)


def test_a_huge_file_is_not_read_into_memory(tracked: list[str], tmp_path: Path) -> None:
    huge = tmp_path / "huge.bin"
    with huge.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    registry.client().log_artifact(tracked[0], str(huge))
    with pytest.raises(ValueError, match="too large"):
        run_files.read_artifact(tracked[0], "huge.bin")


def test_curves_come_in_the_order_of_their_steps(tracked: list[str]) -> None:
    client = registry.client()
    for step, value in ((2, 0.3), (0, 0.9), (1, 0.5)):
        client.log_metric(tracked[0], "loss", value, step=step)
    assert run_files.history(tracked[0], "loss") == [(0, 0.9), (1, 0.5), (2, 0.3)]
    assert run_files.history(tracked[0], "nothing") == []


def test_what_is_asked_of_mlflow() -> None:
    assert runs._filter(Query()) == ""
    assert runs._filter(Query(status="FAILED")) == "attributes.status = 'FAILED'"
    assert runs._filter(Query(status="anything else")) == ""
    assert runs._filter(Query(metric="loss")) == "" == runs._filter(Query(least=0.5))
    both = Query(status="RUNNING", metric="m`AP", least=0)
    assert runs._filter(both) == "attributes.status = 'RUNNING' and metrics.`mAP` >= 0.0"
    assert runs._order(Query()) == "attributes.start_time DESC"
    assert runs._order(Query(sort="loss", descending=False)) == "metrics.`loss` ASC"


def test_a_run_that_is_not_over_and_came_from_elsewhere(mlflow_store: Path) -> None:
    client, experiment = registry.client(), registry.experiment_id("linear")
    made = client.create_run(experiment, start_time=1_000_500, tags={"dataset_id": "x"}, run_name="mine")
    run = runs.get(made.info.run_id)
    assert (run.id, run.name, run.status, run.experiment_id) == (made.info.run_id, "mine", "RUNNING", experiment)
    assert (run.seconds, run.dataset_id, run.flow_run_id, run.versions, run.aliases) == (None, None, "", (), ())
    assert run.started.timestamp() == 1_000.5


def test_files_of_unknown_size_are_read_and_many_are_cut(tracked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    client = registry.client()
    for name in ("b.txt", "a.txt", "c.txt"):
        client.log_text(tracked[0], name, name)
    monkeypatch.setattr(run_files, "_MOST_FILES", 2)
    assert len(run_files.artifacts(tracked[0])) == 2
    monkeypatch.setattr(run_files, "artifacts", lambda run_id: [run_files.Artifact("a.txt", None)])
    assert run_files.read_artifact(tracked[0], "a.txt") == b"a.txt"
    monkeypatch.setattr(run_files, "artifacts", lambda run_id: [run_files.Artifact("a.txt", MAX_FILE_BYTES)])
    assert run_files.read_artifact(tracked[0], "a.txt") == b"a.txt"


def test_every_version_of_each_workload_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(registry, "versions", lambda workload, limit=50: asked.append((workload, limit)) or [])
    assert runs._versions(["linear", "rps"]) == {}
    assert asked == [("linear", 1000), ("rps", 1000)]
