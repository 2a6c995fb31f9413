"""Packages of docs/examples are installed by pip; shifumi-penguins is found, learnt, served and asked.

Its pages are in ``tests/pages``, its routes in ``tests/api``.
"""

import csv
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from mlflow.sklearn import load_model

from core.auth.roles import Actor, Role
from core.config.progress import silent
from core.config.settings import Settings, get_settings
from core.jobs import jobs
from core.loop import decisions, loop, training
from core.models import registry
from core.models.serving import ChampionWatcher
from core.predictions import files as prediction_files
from core.predictions.entries import summarise
from core.workloads import get_workload
from core.workloads.base import Classifier, Regressor, feature_names
from tests.example_packages import MASS, SPECIES, generate, path_of_processes

NAMES = (SPECIES, MASS)


def test_a_new_process_finds_it_by_itself(site: Path) -> None:
    code = (
        "import shifumi_penguins.species\n"  # before the workloads are asked for
        "from core.cli.checks.workloads import check_workloads\n"
        "from flows.deployments import all_deployments\n"
        "print(*(one.text for one in check_workloads()), sep='\\n')\n"
        "print(*(f'{flow.name}/{options[\"name\"]}' for flow, options in all_deployments()), sep='\\n')\n"
    )
    environment = {**os.environ, "PYTHONPATH": path_of_processes(site)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    said, *deployments = done.stdout.splitlines()
    assert said.startswith("Workloads: linear, rps") and {*NAMES, "photos"} <= set(said.split(": ")[1].split(", "))
    for name in NAMES:
        for flow in ("generate-dataset", "check", "predict-file"):
            assert f"{flow}/{name}" in deployments
        assert f"predict-video/{name}" not in deployments


@pytest.mark.usefixtures("installed")
def test_its_forms_are_described() -> None:
    schema = get_workload("penguins").parameters.model_json_schema()
    assert schema["properties"]["food"]["enum"] == ["scarce", "usual", "plenty"]
    assert schema["properties"]["gentoos"]["title"] == "Share of Gentoos"
    labels = [feature.label for feature in get_workload("penguins").features]
    assert labels == ["Bill length (mm)", "Bill depth (mm)", "Flipper length (mm)", "Body mass (g)"]


@pytest.mark.usefixtures("installed")
def test_its_own_option_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert get_workload("penguins").threshold == 0.9
    monkeypatch.setenv("SHIFUMI_PENGUINS_THRESHOLD", "0.7")
    get_settings.cache_clear()
    assert get_workload("penguins").threshold == 0.7


@pytest.mark.usefixtures("installed", "mlflow_store")
def test_three_species_go_round_the_loop() -> None:
    dataset = generate("penguins", seed=1)
    assert loop.run_once("penguins").kind == decisions.PROMOTED
    watcher = ChampionWatcher("penguins")
    watcher.refresh()
    assert watcher.current is not None
    predictor = watcher.current.predictor
    assert isinstance(predictor, Classifier) and predictor.classes == ("Adelie", "Chinstrap", "Gentoo")
    typical = np.array([[38.8, 18.3, 190, 3700], [48.8, 18.4, 196, 3733], [47.5, 15.0, 217, 5076]], float)
    assert predictor.probabilities(typical).argmax(axis=1).tolist() == [0, 1, 2]
    logged = load_model("models:/shifumi-penguins/1")
    np.testing.assert_allclose(predictor.probabilities(typical), logged.predict_proba(typical), atol=1e-9)

    scores = get_workload("penguins").evaluate(predictor, dataset)
    assert scores.value > 0.95 and scores.details["roc_auc"] > 0.99
    assert np.shape(scores.details["confusion_matrix"]) == (3, 3)
    training.draw(watcher.current.version, dataset)
    names = {item.path for item in registry.client().list_artifacts(watcher.current.version.run_id)}
    assert {"confusion_matrix.png", "calibration.png", "export", "scores.json"} <= names


@pytest.mark.usefixtures("installed", "mlflow_store")
def test_the_same_penguins_keep_the_champion_and_hunger_is_drift() -> None:
    generate("penguins", seed=1)
    loop.run_once("penguins")
    generate("penguins", seed=2)
    assert loop.run_once("penguins").kind == decisions.KEPT
    generate("penguins", seed=3, food="scarce")
    hungry = loop.run_once("penguins")
    assert hungry.drift and hungry.challenger_version == 2 and hungry.kind == decisions.PENDING
    tests = {one["feature"]: one["drift"] for one in hungry.details["drift"]["tests"]}
    assert tests["body_mass_g"] and not tests["bill_length_mm"] and not tests["class shares"]


@pytest.mark.usefixtures("installed", "mlflow_store")
def test_other_shares_of_the_species_are_drift() -> None:
    first, second = generate("penguins", seed=1), generate("penguins", seed=2, gentoos=0.8)
    found = get_workload("penguins").drift(first, second, None)
    assert next(one for one in found.tests if one["feature"] == "class shares")["drift"]


@pytest.mark.usefixtures("installed", "mlflow_store")
def test_a_file_comes_back_with_a_probability_per_species(settings: Settings) -> None:
    generate("penguins", seed=1)
    loop.run_once("penguins")
    text = f"who,{','.join(feature_names(get_workload('penguins')))}\nAda,38.8,18.3,190,3700\nBob,47.5,15,217,5076\n"
    rows = answer_file("penguins", text, settings)
    assert [(row["who"], row["predicted"]) for row in rows] == [("Ada", "Adelie"), ("Bob", "Gentoo")]
    for row in rows:
        chances = {label: float(row[f"probability_{label}"]) for label in ("Adelie", "Chinstrap", "Gentoo")}
        assert sum(chances.values()) == pytest.approx(1) and max(chances, key=chances.__getitem__) == row["predicted"]


@pytest.mark.usefixtures("installed", "mlflow_store")
def test_the_mass_goes_round_the_loop_and_answers_files(settings: Settings) -> None:
    dataset = generate("penguin-mass", seed=1)
    assert loop.run_once("penguin-mass").kind == decisions.PROMOTED
    generate("penguin-mass", seed=2)
    assert loop.run_once("penguin-mass").kind == decisions.KEPT
    generate("penguin-mass", seed=3, food="plenty")
    assert loop.run_once("penguin-mass").kind == decisions.PENDING
    generate("penguin-mass", seed=4, food="plenty")
    decision = loop.run_once("penguin-mass")
    assert (decision.kind, decision.challenger_version) == (decisions.PROMOTED, 2)
    assert decision.details["comparison"]["details"]["gain"] > 200  # grams; most of the 600 hide in the noise

    champion = registry.champion("penguin-mass")
    assert champion is not None
    training.draw(champion, dataset)
    assert "residuals.png" in {item.path for item in registry.client().list_artifacts(champion.run_id)}
    text = f"{','.join(feature_names(get_workload('penguin-mass')))}\n38.8,18.3,190\n47.5,15,217\n"
    light, heavy = (float(row["predicted"]) for row in answer_file("penguin-mass", text, settings))
    assert light == pytest.approx(4_300, abs=250) and heavy == pytest.approx(5_676, abs=250)
    assert "probability" not in text


@pytest.mark.usefixtures("installed", "mlflow_store")
def test_regression_is_logged_and_its_template_is_taken() -> None:
    generate("penguin-mass", seed=1)
    loop.run_once("penguin-mass")
    watcher = ChampionWatcher("penguin-mass")
    watcher.refresh()
    assert watcher.current is not None and isinstance(watcher.current.predictor, Regressor)
    rows = [(40.0, 18.0, 190.0)]
    entry = summarise("penguin-mass", 1, "tests", rows, watcher.current.predictor.values(np.array(rows)))
    assert entry.sample[0][:3] == [40.0, 18.0, 190.0] and 3_000 < entry.sample[0][3] < 4_500
    template = prediction_files.template("penguin-mass").encode()
    assert prediction_files.save_upload(Actor("vera", Role.VIEWER), "penguin-mass", BytesIO(template)).endswith(".csv")


def answer_file(name: str, text: str, settings: Settings) -> list[dict[str, str]]:
    """As the flow predict-file does it."""
    upload = prediction_files.save_upload(Actor("vera", Role.VIEWER), name, BytesIO(text.encode()))
    job = jobs.adopt(jobs.PREDICT_FILE, name, "run-1", {})
    answered = prediction_files.predict_file(name, upload, job.id, silent)
    with (settings.outputs_dir / answered.output).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
