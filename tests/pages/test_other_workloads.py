"""Three classes with a form of its own, and a number: through every page, with nothing but their registration."""

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
from core.loop import decisions, loop
from core.predictions import files as prediction_files
from tests.kept import copy_data
from tests.pages.opening import open_page, texts
from tests.people import make_user
from tests.small_workloads import Flowers, Prices, made, registered

pytestmark = pytest.mark.usefixtures("no_servers")
FLOWERS, PRICES = Flowers(), Prices()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test keeps a copy of what it trained, for the others."""
    return tmp_path_factory.mktemp("flowers-and-prices")


@pytest.fixture
def editor(mlflow_store: Path, settings: Settings, kept: Path) -> Iterator[Actor]:
    """Somebody to look at an installation where both have a champion."""
    with registered(FLOWERS, PRICES):
        if (kept / "catalog.db").exists():
            copy_data(kept, settings.data_dir)
        else:
            for workload in (FLOWERS, PRICES):
                made(workload, seed=1)
                assert loop.run_once(workload.name).kind == decisions.PROMOTED
            copy_data(settings.data_dir, kept)
        yield make_user("eve", Role.EDITOR)


@pytest.fixture
def newcomer() -> Iterator[Actor]:
    """Somebody to look at an installation where they are registered and nothing was made."""
    with registered(FLOWERS, PRICES):
        yield make_user("eve", Role.EDITOR)


def open_tab(page: str, actor: Actor, **state: str) -> AppTest:
    app = open_page(page, actor)
    for name, value in state.items():
        app.session_state[name] = value
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def test_datasets_asks_for_what_the_workload_wants(newcomer: Actor) -> None:
    app = open_tab("datasets.py", newcomer, datasets_tab="Flowers")
    assert app.number_input(key="test-flowers_rows").label == "Flowers"
    assert app.slider(key="test-flowers_spread").step == 0.1
    assert app.selectbox(key="test-flowers_season").options == ["spring", "summer"]
    assert not app.toggle(key="test-flowers_wet").value
    assert "Three kinds of flowers" in said(app)
    assert app.button(key="btn_generate").label == "Generate 600 rows"
    app.number_input(key="test-flowers_rows").set_value(7).run()
    assert app.error[0].value == "**Flowers** must be from 100 to 50,000."
    assert app.button(key="btn_generate").disabled


def test_generating_sends_what_was_chosen(newcomer: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    monkeypatch.setattr(
        "core.ui.datasets.generator.start_job",
        lambda actor, kind, workload, parameters: sent.append((kind, workload, parameters)) or True,
    )
    app = open_tab("datasets.py", newcomer, datasets_tab="Flowers")
    app.selectbox(key="test-flowers_season").set_value("summer")
    app.toggle(key="test-flowers_wet").set_value(True).run()
    app.button(key="btn_generate").click().run()
    choices = {"rows": 600, "spread": 0.4, "season": "summer", "wet": True, "seed": 0}
    assert sent == [(jobs.GENERATE, "test-flowers", {"choices": choices})]
    assert app.number_input(key="test-flowers_seed").value == 1


def test_datasets_shows_classes_and_their_features(editor: Actor) -> None:
    app = open_tab("datasets.py", editor, datasets_tab="Flowers")
    assert app.number_input(key="test-flowers_seed").value == 2
    assert app.dataframe[-1].value["season"].tolist() == ["spring"]
    drawn = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert [trace["name"] for trace in drawn[0]["data"]] == ["Aster", "Bellis", "Crocus"]
    assert [one["label"] for one in drawn[0]["data"][0]["dimensions"]] == ["Petal (cm)", "Sepal (cm)", "Stem (cm)"]
    assert sum(sum(trace["x"]) for trace in drawn[1]["data"]) == 600
    assert {item.label: item.value for item in app.metric}["Holdout"] == "120 rows"


def test_datasets_shows_the_target_of_a_regression(editor: Actor) -> None:
    app = open_tab("datasets.py", editor, datasets_tab="Prices")
    drawn = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert drawn[0]["layout"]["xaxis"]["title"]["text"] == "Area (m²)"
    assert [trace["name"] for trace in drawn[1]["data"]] == ["training", "holdout"]
    assert {item.label: item.value for item in app.metric}["Holdout"] == "100 rows"


def test_sql_has_examples_for_them_that_run(editor: Actor) -> None:
    app = open_tab("datasets.py", editor, datasets_tab="SQL")
    names = list(app.pills[0].options)
    assert {"Means per class, Flowers", "Split sizes, Prices", "Ranges, Prices"} <= set(names)
    for name in names:
        app.pills[0].set_value(name).run()
        app.button(key="btn_run_sql").click().run()
        assert not app.error, name
        assert not app.dataframe[0].value.empty


def test_predict_has_sliders_and_a_bar_per_class(editor: Actor) -> None:
    app = open_tab("predict.py", editor, workload="test-flowers")
    petal = app.slider(key="row_test-flowers_petal")
    assert (petal.label, petal.min, petal.max, petal.step) == ("Petal", 0.0, 8.0, 0.1)
    for value, label in ((2.0, "Aster"), (6.0, "Crocus")):
        app.slider(key="row_test-flowers_petal").set_value(value)
        app.slider(key="row_test-flowers_sepal").set_value(9.0 - value / 2 - 1)
        app.slider(key="row_test-flowers_stem").set_value(16.0 + 2 * value).run()
        assert f"[{label}]" in said(app)
    bars = json.loads(app.get("plotly_chart")[-1].proto.spec)["data"][0]
    assert bars["y"] == ["Aster", "Bellis", "Crocus"]
    assert sum(bars["x"]) == pytest.approx(1)


def test_predict_tells_a_number(editor: Actor) -> None:
    app = open_tab("predict.py", editor, workload="test-prices")
    app.slider(key="row_test-prices_area").set_value(100.0)
    app.slider(key="row_test-prices_floor").set_value(5.0).run()
    assert app.metric[0].label == "Predicted value"
    assert float(app.metric[0].value) == pytest.approx(11.5, abs=0.3)


@pytest.mark.parametrize(("workload", "added"), [(FLOWERS, 4), (PRICES, 1)])
def test_a_file_is_answered(workload: Flowers | Prices, added: int, editor: Actor, settings: Settings) -> None:
    app = open_tab("predict.py", editor, workload=workload.name, predict_tab="CSV file")
    for feature in workload.features:
        assert f"`{feature.name}`" in texts(app)
    job = jobs._claim(jobs.PREDICT_FILE, workload.name, {}, "eve", "flow-run-1")
    (settings.uploads_dir / "given.csv").write_text(prediction_files.template(workload.name))
    answered = prediction_files.predict_file(workload.name, "given.csv", job.id, silent)
    result = {"rows": answered.rows, "version": answered.version, "output": answered.output}
    jobs.finish(job.id, jobs.COMPLETED, say("predict.done", rows=answered.rows, version=answered.version), result)
    app.run()
    shown = app.dataframe[0].value
    assert len(shown.columns) == len(workload.features) + added
    header = next(csv.reader(StringIO(prediction_files.template(workload.name))))
    assert list(shown.columns)[: len(header)] == header


def test_train_shows_the_decision_with_every_class(editor: Actor) -> None:
    app = open_tab("train.py", editor, workload="test-flowers")
    drawn = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    matrix = next(one for one in drawn if one["data"][0]["type"] == "heatmap")
    assert matrix["data"][0]["x"] == ["Aster", "Bellis", "Crocus"]
    assert len(matrix["data"][0]["z"]) == 3
    curve = next(one for one in drawn if one["data"][0].get("name") == "calibrated")
    assert curve["data"][1]["name"].startswith("challenger")
    assert len(curve["data"][1]["x"]) == 1
    assert "a check keeps it" in said(app)


def test_train_shows_a_regression_without_a_matrix(editor: Actor) -> None:
    app = open_tab("train.py", editor, workload="test-prices")
    drawn = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert drawn and all(one["data"][0]["type"] != "heatmap" for one in drawn)
    assert "R²" in [item.label for item in app.metric]
    assert "mean absolute error 0." in said(app)


def test_overview_and_runs_know_them(editor: Actor) -> None:
    shown = said(open_tab("overview.py", editor))
    assert "**Flowers** :green-badge" in shown and "**Prices** :green-badge" in shown
    app = open_tab("runs.py", editor)
    assert sorted(app.dataframe[0].value["workload"]) == ["Flowers", "Prices"]
