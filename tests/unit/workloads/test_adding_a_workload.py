"""A third workload, the one that docs/adding-a-workload.md adds, goes round the loop with nothing else changed."""

import csv
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from mlflow.sklearn import load_model

from core.auth.roles import SYSTEM, Actor, Role
from core.catalog.tables import Dataset
from core.config.messages import render
from core.config.progress import silent
from core.config.settings import ROOT, Settings
from core.jobs import jobs
from core.loop import decisions, loop, training
from core.models import registry
from core.models.serving import ChampionWatcher
from core.predictions import files as prediction_files
from core.storage import datasets
from core.workloads import WORKLOADS, capabilities, get_workload, views
from core.workloads.base import Workload
from core.workloads.rows.models import SoftmaxModel
from docs.examples.awake import AwakeWorkload

pytestmark = pytest.mark.usefixtures("mlflow_store")
PAGE = (ROOT / "docs" / "adding-a-workload.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line in core/workloads/__init__.py that the page asks for."""
    monkeypatch.setitem(WORKLOADS, "awake", AwakeWorkload())


def generate(**choices: Any) -> Dataset:
    """As the flow generate-dataset does it."""
    workload = get_workload("awake")
    parameters = workload.parameters.model_validate(choices)
    return datasets.register(workload.generate(parameters, silent), "awake", parameters.model_dump(), SYSTEM)


def test_first_data_gives_a_first_champion() -> None:
    dataset = generate(seed=1)
    decision = loop.run_once("awake")
    assert decision.kind == decisions.PROMOTED
    champion = registry.champion("awake")
    assert champion is not None
    assert (champion.version, champion.dataset_id) == (1, dataset.id)
    assert load_model("models:/shifumi-awake/1").predict([[3.0], [10.0]]).tolist() == [0, 1]
    assert champion.workload == "awake" and registry.champion("linear") is None


def test_likeness_keeps_and_change_retrains() -> None:
    generate(seed=1)
    loop.run_once("awake")
    generate(seed=2)
    assert loop.run_once("awake").kind == decisions.KEPT
    generate(seed=3, enough=9.0)  # suddenly people need more: the champion is wrong
    waits = loop.run_once("awake")
    assert (waits.kind, waits.challenger_version) == (decisions.PENDING, 2)
    assert "below the threshold" in render(waits.reason)
    generate(seed=4, enough=9.0)
    decision = loop.run_once("awake")
    assert (decision.kind, decision.challenger_version) == (decisions.PROMOTED, 2)


def test_drift_alone_is_reported() -> None:
    generate(seed=1)
    loop.run_once("awake")
    generate(seed=4, usual=9.0)  # people sleep longer; the rule is the same
    decision = loop.run_once("awake")
    assert decision.drift and decision.kind == decisions.KEPT
    assert decision.details["drift"]["summary"]["code"] == "drift.found"
    assert len(registry.versions("awake")) == 1


def test_it_is_drawn_served_and_swapped() -> None:
    dataset = generate(seed=1)
    loop.run_once("awake")
    watcher = ChampionWatcher("awake")
    watcher.refresh()
    assert watcher.current is not None and isinstance(watcher.current.predictor, SoftmaxModel)
    training.draw(watcher.current.version, dataset)
    names = {item.path for item in registry.client().list_artifacts(watcher.current.version.run_id)}
    assert {"awake.png", "export", "scores.json"} <= names
    for seed in (3, 4):
        generate(seed=seed, enough=9.0)
        loop.run_once("awake")
    watcher.refresh()
    assert watcher.current.version.version == 2


def test_it_answers_csv_files(settings: Settings) -> None:
    generate(seed=1)
    loop.run_once("awake")
    viewer = Actor("vera", Role.VIEWER)
    upload = prediction_files.save_upload(viewer, "awake", BytesIO(b"name,hours\nAda,3\nBob,10\n"))
    job = jobs.adopt(jobs.PREDICT_FILE, "awake", "run-1", {})
    answered = prediction_files.predict_file("awake", upload, job.id, silent)
    assert answered.rows == 2
    with (settings.outputs_dir / answered.output).open(encoding="utf-8") as file:
        assert [(row["name"], row["predicted"]) for row in csv.DictReader(file)] == [
            ("Ada", "asleep"),
            ("Bob", "awake"),
        ]


def test_its_flows_are_served() -> None:
    from flows.deployments import all_deployments

    served = {(flow.name, options["name"]) for flow, options in all_deployments()}
    assert {(kind, "awake") for kind in ("generate-dataset", "check", "predict-file")} <= served


def test_a_damaged_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text('{"weights": [[1, 2]]}')
    with pytest.raises(ValueError, match="damaged"):
        get_workload("awake").load(tmp_path)


def test_the_page_quotes_the_examples_word_for_word() -> None:
    quotes = re.findall(r"^```\w+\n# (docs/examples/\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(quotes) >= 5
    for file, quote in quotes:
        assert quote in (ROOT / file).read_text(encoding="utf-8"), quote


def members(protocol: type) -> list[str]:
    return [name for name in {**vars(protocol), **protocol.__annotations__} if not name.startswith("_")]


def test_the_page_explains_every_member_of_the_protocol() -> None:
    assert len(members(Workload)) >= 20
    missing = [name for name in members(Workload) if not re.search(rf"^\| `{name}[`(]", PAGE, re.MULTILINE)]
    assert missing == []


OPTIONAL = [
    one for one in (*vars(capabilities).values(), *vars(views).values()) if getattr(one, "_is_runtime_protocol", 0)
]


@pytest.mark.parametrize("protocol", OPTIONAL, ids=lambda one: one.__name__)
def test_the_page_lists_what_a_workload_may_offer_besides(protocol: type) -> None:
    named = ", ".join(f"`{name}`" for name in members(protocol))
    assert f"| `{protocol.__name__}` | {named} |" in PAGE


def test_every_promised_flow_exists_and_no_other_is_left_out() -> None:
    from flows.deployments import all_deployments

    rows = re.findall(r"^\| flows? (.+?) \|", PAGE.partition("## What a new workload gets")[2], re.MULTILINE)
    promised = {name for row in rows for name in re.findall(r"`([a-z-]+)`", row)}
    exercise = {flow.name for flow, options in all_deployments() if options["name"] == "course"}
    assert promised == {flow.name for flow, _ in all_deployments()} - exercise
