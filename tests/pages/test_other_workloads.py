"""Three classes with a form of its own, and a number: an installed package on every page (docs/examples)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.roles import Actor, Role
from core.config.messages import say
from core.config.progress import silent
from core.config.settings import Settings
from core.jobs import jobs
from core.predictions import files as prediction_files
from core.storage import datasets, lake
from core.workloads import get_workload
from tests.example_packages import MASS, SPECIES, promoted
from tests.kept import copy_data
from tests.pages.opening import open_tab, texts
from tests.people import make_user
from tests.small_workloads import Flowers, registered

pytestmark = pytest.mark.usefixtures("no_servers", "installed")
CLASSES = ["Adelie", "Chinstrap", "Gentoo"]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test keeps a copy of what it trained, for the others."""
    return tmp_path_factory.mktemp("species-and-mass")


@pytest.fixture
def editor(mlflow_store: Path, settings: Settings, kept: Path) -> Actor:
    """A user of an installation where both have a champion."""
    if (kept / "catalog.db").exists():
        copy_data(kept, settings.data_dir)
    else:
        for name in (SPECIES, MASS):
            promoted(name, rows=600, seed=1)
        copy_data(settings.data_dir, kept)
    return make_user("eve", Role.EDITOR)


@pytest.fixture
def newcomer() -> Iterator[Actor]:
    """Somebody to look at an installation where they are registered and nothing was made."""
    with registered(Flowers()):
        yield make_user("eve", Role.EDITOR)


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def test_datasets_asks_for_what_the_workload_wants(newcomer: Actor) -> None:
    app = open_tab("datasets.py", newcomer, datasets_tab="Penguins")
    assert app.number_input(key="penguins_rows").label == "Penguins"
    assert app.slider(key="penguins_error").step == 0.1
    assert app.selectbox(key="penguins_food").options == ["scarce", "usual", "plenty"]
    assert "Predicts the species from bill" in said(app)
    assert app.button(key="btn_generate").label == "Generate 3,000 penguins"
    app.number_input(key="penguins_rows").set_value(7).run()
    assert app.error[0].value == "**Penguins** must be from 200 to 1,000,000."
    assert app.button(key="btn_generate").disabled


def test_generating_sends_what_was_chosen(newcomer: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    monkeypatch.setattr(
        "core.ui.datasets.generator.start_job",
        lambda actor, kind, workload, parameters: sent.append((kind, workload, parameters)) or True,
    )
    app = open_tab("datasets.py", newcomer, datasets_tab="Flowers")
    assert not app.toggle(key="test-flowers_wet").value
    app.selectbox(key="test-flowers_season").set_value("summer")
    app.toggle(key="test-flowers_wet").set_value(True).run()
    app.button(key="btn_generate").click().run()
    choices = {"rows": 600, "spread": 0.4, "season": "summer", "wet": True, "seed": 0}
    assert sent == [(jobs.GENERATE, "test-flowers", {"choices": choices})]
    assert app.number_input(key="test-flowers_seed").value == 1


def test_datasets_shows_classes_and_their_features(editor: Actor) -> None:
    app = open_tab("datasets.py", editor, datasets_tab="Penguins")
    assert app.number_input(key="penguins_seed").value == 2
    assert app.dataframe[-1].value["food"].tolist() == ["usual"]
    drawn = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert [trace["name"] for trace in drawn[0]["data"]] == CLASSES
    shown = [one["label"].replace("<br>", " ") for one in drawn[0]["data"][0]["dimensions"]]
    assert shown == [feature.label for feature in get_workload(SPECIES).features]
    assert sum(sum(trace["x"]) for trace in drawn[1]["data"]) == 600
    assert {item.label: item.value for item in app.metric}["Holdout"] == held(SPECIES)


def held(name: str) -> str:
    """The holdout of the newest dataset, counted in its file."""
    newest = datasets.listed(name, limit=1)[0]
    return f"{lake.read(newest.path, ['holdout'])['holdout'].sum()} penguins"


def test_datasets_shows_the_target_of_a_regression(editor: Actor) -> None:
    app = open_tab("datasets.py", editor, datasets_tab="Penguin mass")
    drawn = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert "Bill length (mm)" in json.dumps(drawn[0])
    assert [trace["name"] for trace in drawn[1]["data"]] == ["training", "holdout"]
    assert {item.label: item.value for item in app.metric}["Holdout"] == held(MASS)


def test_sql_has_examples_for_them_that_run(editor: Actor) -> None:
    app = open_tab("datasets.py", editor, datasets_tab="SQL")
    names = list(app.pills[0].options)
    assert {"Mean body mass per species", "Split sizes, Penguin mass", "Ranges, Penguin mass"} <= set(names)
    for name in names:
        app.pills[0].set_value(name).run()
        app.button(key="btn_run_sql").click().run()
        assert not app.error, name
        assert not app.dataframe[0].value.empty


def test_predict_has_sliders_and_a_bar_per_class(editor: Actor) -> None:
    app = open_tab("predict.py", editor, workload=SPECIES)
    bill = app.slider(key="row_penguins_bill_length_mm")
    assert (bill.label, bill.min, bill.max, bill.step) == ("Bill length", 32.0, 60.0, 0.5)
    for row, label in (((39.0, 18.3, 190.0, 3_700.0), "Adelie"), ((47.5, 15.0, 217.0, 5_050.0), "Gentoo")):
        for feature, value in zip(get_workload(SPECIES).features, row, strict=True):
            app.slider(key=f"row_penguins_{feature.name}").set_value(value)
        assert f"[{label}]" in said(app.run())
    bars = json.loads(app.get("plotly_chart")[-1].proto.spec)["data"][0]
    assert bars["y"] == CLASSES
    assert sum(bars["x"]) == pytest.approx(1)


def test_predict_tells_a_number(editor: Actor) -> None:
    app = open_tab("predict.py", editor, workload=MASS)
    for name, value in (("bill_length_mm", 47.5), ("bill_depth_mm", 15.0), ("flipper_length_mm", 217.0)):
        app.slider(key=f"row_penguin-mass_{name}").set_value(value)
    app.run()
    assert app.metric[0].label == "Predicted value"
    assert float(app.metric[0].value.split()[0].replace(",", "")) == pytest.approx(5_076, abs=250)


@pytest.mark.parametrize(("workload", "added"), [(SPECIES, 4), (MASS, 1)])
def test_a_file_is_answered(workload: str, added: int, editor: Actor, settings: Settings) -> None:
    app = open_tab("predict.py", editor, workload=workload, predict_tab="CSV file")
    features = get_workload(workload).features
    for feature in features:
        assert f"`{feature.name}`" in texts(app)
    job = jobs._claim(jobs.PREDICT_FILE, workload, {}, "eve", "flow-run-1")
    (settings.uploads_dir / "given.csv").write_text(prediction_files.template(workload))
    answered = prediction_files.predict_file(workload, "given.csv", job.id, silent)
    result = {"rows": answered.rows, "version": answered.version, "output": answered.output}
    jobs.finish(job.id, jobs.COMPLETED, say("predict.done", rows=answered.rows, version=answered.version), result)
    app.run()
    shown = app.dataframe[0].value
    assert len(shown.columns) == len(features) + added
    header = next(csv.reader(StringIO(prediction_files.template(workload))))
    assert list(shown.columns)[: len(header)] == header


def test_train_shows_the_decision_with_every_class(editor: Actor) -> None:
    app = open_tab("train.py", editor, workload=SPECIES)
    drawn = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    matrix = next(one for one in drawn if one["data"][0]["type"] == "heatmap")
    assert matrix["data"][0]["x"] == CLASSES
    assert len(matrix["data"][0]["z"]) == 3
    curve = next(one for one in drawn if one["data"][0].get("name") == "calibrated")
    assert curve["data"][1]["name"].startswith("challenger")
    assert len(curve["data"][1]["x"]) >= 1
    assert "the next check waits for new data" in said(app)


def test_train_shows_a_regression_without_a_matrix(editor: Actor) -> None:
    app = open_tab("train.py", editor, workload=MASS)
    drawn = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert drawn and all(one["data"][0]["type"] != "heatmap" for one in drawn)
    assert "R2" in [item.label for item in app.metric]
    assert "MAE " in said(app) and "RMSE " in said(app)


def test_overview_and_runs_know_them(editor: Actor) -> None:
    shown = said(open_tab("overview.py", editor))
    assert "**Penguins** :green-badge" in shown and "**Penguin mass** :green-badge" in shown
    app = open_tab("runs.py", editor)
    assert sorted(app.dataframe[0].value["workload"]) == ["Penguin mass", "Penguins"]
