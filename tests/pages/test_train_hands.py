"""Train, for hands: pictures instead of rows, a training to watch, and a result that shows what is confused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.auth import audit
from core.auth.roles import SYSTEM, Role
from core.catalog.engine import writing
from core.catalog.tables import Dataset, Decision
from core.config.settings import Settings, get_settings
from core.jobs import jobs
from core.loop import decisions, loop
from core.models import promotion, registry
from core.ui.train.power import wanted_now
from core.workloads import get_workload
from core.workloads.base import Trained
from core.workloads.rps.training.training_state import State, TrainingFolder, open_training_folder
from tests.hands import QUICK, add_signs, signs, snapshot
from tests.pages.opening import open_page, texts
from tests.people import make_user

pytestmark = pytest.mark.usefixtures("no_servers")
RPS = get_workload("rps")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, settings: Settings, no_servers: None) -> None:
    for name, value in {**QUICK, "SHIFUMI_RPS_THRESHOLD": "0.9"}.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()


def open_train(role: Role = Role.EDITOR) -> AppTest:
    app = open_page("train.py", make_user("eve", role))
    app.segmented_control(key="workload").set_value("rps").run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


@pytest.fixture
def training() -> TrainingFolder:
    """A training in its third epoch, as its process leaves its marks."""
    dataset = signs(train=1, holdout=1)
    jobs.adopt(jobs.CHECK, "rps", "flow-run-1", {})
    training_folder = open_training_folder(dataset, RPS.training_parameters)
    training_folder.run.mkdir()
    names = ("epoch", "train/box_loss", "train/cls_loss", "train/dfl_loss", "metrics/mAP50(B)")
    rows = [[1, 2.0, 3.0, 1.5, 0.1], [2, 1.5, 2.0, 1.2, 0.4]]
    training_folder.run.joinpath("results.csv").write_text("\n".join(",".join(map(str, row)) for row in [names, *rows]))
    training_folder.publish(State(3, 12, 2, 5, 200.0))
    return training_folder


def test_before_any_data_the_page_says_what_answers_and_what_to_do() -> None:
    shown = said(open_train())
    assert "the starter model is serving" in shown
    assert "Create a dataset first" in shown


def test_with_data_it_says_what_becomes_of_the_model_that_ships() -> None:
    dataset = signs(train=1, holdout=1)
    shown = said(open_train())
    assert f"the starter model becomes champion and is evaluated on dataset {dataset.id}" in shown
    assert "6 images" in shown and "rows" not in shown


def test_a_running_training_shows_its_curves_and_time_left(training: TrainingFolder) -> None:
    app = open_train()
    assert "Epoch 3 of 12, batch 2 of 5, about 3 min left" in said(app)
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    lines = {line["name"]: line for chart in charts for line in chart["data"]}
    assert {"mAP50", "boxes", "classes", "edges"} <= set(lines)
    assert not app.button(key="btn_stop_early").disabled


def test_stop_and_keep_the_best_asks_the_training(training: TrainingFolder) -> None:
    app = open_train()
    app.button(key="btn_stop_early").click().run()
    assert not app.exception
    assert training.stop.exists()
    assert app.button(key="btn_stop_early").disabled
    assert audit.latest(limit=1)[0].actor == "eve"


def test_a_viewer_watches_and_may_not_stop(training: TrainingFolder) -> None:
    app = open_train(Role.VIEWER)
    assert "Epoch 3 of 12" in said(app)
    assert app.button(key="btn_stop_early").disabled


def test_before_the_first_epoch_there_are_no_curves(training: TrainingFolder) -> None:
    (training.run / "results.csv").unlink()
    assert "Curves appear after the first epoch" in said(open_train())


def test_an_earlier_training_is_not_shown_as_this_one(training: TrainingFolder) -> None:
    training.outcome.write_text("{}")
    assert "Epoch 3 of 12" not in said(open_train())


@pytest.fixture
def compared(mlflow_store: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """The model that ships against itself under another name: a comparison without a training."""
    add_signs(4, "holdout")
    add_signs(1, "train")
    dataset = snapshot()

    def same(_dataset: Dataset, parameters: Any, report: Any) -> Trained:
        starter = RPS.starter()
        assert starter is not None
        return Trained(starter.model, starter.predictor, {"epochs_run": 0})

    monkeypatch.setattr("core.workloads.rps.training.fine_tune.fine_tune", same)
    loop.run_once("rps", forced=True)
    return dataset


def test_the_result_card_shows_what_is_confused_and_the_gain(compared: Dataset) -> None:
    app = open_train()
    shown = said(app)
    assert re.search(r"The challenger is right on .* of 12 new images: .*12 single images swapped, p = 1", shown)
    assert "Power" in shown and re.search(r"12 images in 12 single images can show", shown)
    assert "12 images" in shown
    assert {"Challenger's gain", "95 % interval", "p-value"} <= {item.label for item in app.metric}
    assert "precision" in shown and "log loss" not in shown
    matrices = [
        data for chart in app.get("plotly_chart") for data in json.loads(chart.proto.spec)["data"] if "z" in data
    ]
    assert [matrix["x"] for matrix in matrices] == [["rock", "paper", "scissors", "no object"]] * 2
    assert all(np.array(matrix["text"]).shape == (4, 4) for matrix in matrices)


def test_the_champion_that_came_along_is_named_so(compared: Dataset) -> None:
    champion = registry.champion("rps")
    assert champion is not None and champion.version == 1
    shown = said(open_train())
    assert "Starter model, registered" in shown
    assert "dataset 0" not in shown


def test_overview_says_that_something_answers_already() -> None:
    shown = said(open_page("overview.py", make_user("eve", Role.EDITOR)))
    assert "The starter model is serving" in shown


def test_rolling_back_to_it_is_offered(compared: Dataset) -> None:
    promotion.promote(SYSTEM, "rps", 2)
    app = open_page("train.py", make_user("ada", Role.ADMIN))
    app.segmented_control(key="workload").set_value("rps").run()
    assert app.button(key="btn_roll_back").label == "Roll back to v1"


def test_a_challenger_that_waits_says_what_to_capture(compared: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    (newest,) = decisions.latest("rps", limit=1)
    with writing() as session:
        row = session.get_one(Decision, newest.id)
        row.kind = decisions.PENDING
        comparison = dict(row.details["comparison"])
        comparison["details"] = {
            **comparison["details"],
            "power": {**comparison["details"]["power"], "capture": {"rock": 12, "paper": 40}},
        }
        row.details = {**row.details, "comparison": comparison}
    wanted = "capture about 40 of paper and 12 of rock"
    assert wanted in said(open_train())
    assert wanted_now("rps").startswith("To decide on the challenger, " + wanted)
