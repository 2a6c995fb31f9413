"""Predict: one row, and files."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from core.auth.roles import SYSTEM, Role
from core.catalog.engine import reading
from core.catalog.tables import PredictionBatch
from core.config.messages import say
from core.config.progress import silent
from core.config.settings import Settings, get_settings
from core.jobs import jobs
from core.loop import decisions, training
from core.models import registry
from core.models.serving import load_served
from core.predictions import files as prediction_files
from core.ui.predict import one_row
from core.workloads import get_workload
from tests.learning import first_champion, make_dataset
from tests.pages.opening import open_page, texts
from tests.people import make_user
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_servers")


@pytest.fixture
def champion(mlflow_store: Path) -> registry.Version:
    return first_champion()


def open_predict(tab: str = "One row", role: Role = Role.VIEWER, name: str = "eve") -> AppTest:
    app = open_page("predict.py", make_user(name, role))
    app.session_state["predict_tab"] = tab
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def upload(app: AppTest, content: str | bytes) -> AppTest:
    data = content.encode() if isinstance(content, str) else content
    app.file_uploader[0].upload("rows.csv", data, "text/csv").run()
    return app.button(key="btn_file").click().run()


def test_without_a_model_the_page_says_how_to_get_one() -> None:
    app = open_page("predict.py", make_user("eve", Role.VIEWER))
    assert "No model yet" in said(app)
    assert not app.tabs
    assert "Create a dataset" in [link.proto.label for link in app.get("page_link")]


def test_an_unreachable_registry_is_explained_and_tried_again(settings: Settings) -> None:
    (settings.mlflow_dir / "mlflow.db").write_bytes(b"not a database")
    app = open_page("predict.py", make_user("eve", Role.VIEWER))
    assert not app.exception
    assert "MLflow's database is damaged or was emptied" in said(app)
    assert "no model" not in said(app)


def test_the_sliders_move_the_point_and_the_answer_is_the_champions(champion: registry.Version) -> None:
    app = open_predict()
    predictor = load_served(champion).predictor
    for x1, x2 in ((2.0, 1.5), (-2.0, -1.5), (0.1, 0.05)):
        app.slider(key="row_linear_x1").set_value(x1)
        app.slider(key="row_linear_x2").set_value(x2)
        app.run()
        probabilities = predictor.probabilities(np.array([[x1, x2]]))[0]
        label = int(probabilities.argmax())
        assert f"Class {label}]" in said(app)
        assert app.metric[0].value == f"{100 * probabilities[label]:.1f} %"
        bars = json.loads(app.get("plotly_chart")[-1].proto.spec)["data"][0]
        assert bars["y"] == ["class 0", "class 1"]
        assert bars["text"] == [f"{100 * share:.1f} %" for share in probabilities]
    assert "Predicted by champion v1, trained on dataset 1." in said(app)


def test_a_click_on_the_map_moves_the_sliders(monkeypatch: pytest.MonkeyPatch) -> None:
    learnt = get_workload("linear")
    state: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", state)

    def click(*points: dict[str, float]) -> tuple[object, object]:
        state["linear_map"] = SimpleNamespace(selection=SimpleNamespace(points=points))
        one_row.take_click(learnt, ("x1", "x2"))
        return state["row_linear_x1"], state["row_linear_x2"]

    assert click({"x": -1.254, "y": 3}) == (-1.25, 3.0)
    assert click() == (-1.25, 3.0)
    assert click({"x": 4.3, "y": -9}) == (4.0, -4.0)


def test_the_map_says_which_sliders_a_click_moves(champion: registry.Version) -> None:
    drawn = json.loads(open_predict().get("plotly_chart")[0].proto.spec)
    assert drawn["layout"]["meta"] == {"features": ["x1", "x2"]}


def test_each_asked_point_is_logged_once(champion: registry.Version) -> None:
    app = open_predict()
    app.run()
    app.slider(key="row_linear_x1").set_value(-2.0).run()

    def logged() -> list[list[float]]:
        with reading() as session:
            found = session.scalars(select(PredictionBatch).order_by(PredictionBatch.id)).all()
        assert all((one.source, one.version, one.rows) == ("workbench", 1, 1) for one in found)
        return [one.sample[0][:2] for one in found]

    wait_until(lambda: len(logged()) >= 2, timeout=10)
    assert logged() == [[1.0, 1.0], [-2.0, 1.0]]


def test_a_new_champion_answers_on_the_next_run(champion: registry.Version) -> None:
    app = open_predict()
    assert "champion v1" in said(app)
    turned = training.train("linear", [make_dataset(seed=2, angle=225)])
    decisions.promote_by_hand(SYSTEM, "linear", turned.version)
    app.run()
    assert "Predicted by champion v2" in said(app)
    assert "Class 0]" in said(app)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "The file is empty"),
        ("x1,x2\n", "The file has a header but no rows"),
        ("a,b\n1,2\n", "Column x1 and x2 is missing. Found: a, b"),
        ("x1;x2\n1;2\n", "Separate the columns with commas"),
        ("x1,x2\n1,two\n", "Line 2, column x2: “two” is not a finite number"),
        ("x1,x2\n1,nan\n", "Line 2, column x2: “nan” is not a finite number"),
        ("x1,x2\ninf,1\n", "Line 2, column x1: “inf” is not a finite number"),
        ("x1,x2\n1,2\n".encode("utf-16"), "not UTF-8 text"),
    ],
)
def test_a_bad_file_is_refused_at_once(
    champion: registry.Version, settings: Settings, content: str | bytes, words: str
) -> None:
    app = upload(open_predict("CSV file"), content)
    assert words in said(app)
    assert jobs.listed() == []
    assert not list(settings.uploads_dir.iterdir())


def test_a_file_that_is_too_large_is_refused(
    champion: registry.Version, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_predict("CSV file")
    monkeypatch.setattr("core.storage.uploads.get_settings", lambda: settings.model_copy(update={"upload_max_mb": 1}))
    upload(app, "x1,x2\n" + "1.25,-1.25\n" * 100_000)
    assert "The file is 1 MB; the limit is 1 MB" in said(app)


def test_a_full_disk_is_told_before_anything_is_kept(
    champion: registry.Version, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_predict("CSV file")
    monkeypatch.setenv("SHIFUMI_MIN_FREE_DISK_MB", "1000000000")
    get_settings.cache_clear()
    upload(app, "x1,x2\n1,2\n")
    assert "Not enough disk" in said(app)
    assert not list(settings.uploads_dir.iterdir())


def test_while_prefect_is_down_the_upload_is_not_kept(champion: registry.Version, settings: Settings) -> None:
    app = upload(open_predict("CSV file"), "x1,x2\n1,2\n")
    assert "Not started. The Prefect server does not respond" in said(app)
    assert not list(settings.uploads_dir.iterdir())


def test_one_file_at_a_time_per_person(champion: registry.Version, settings: Settings) -> None:
    app = open_predict("CSV file")
    jobs._claim(jobs.PREDICT_FILE, "linear", {}, "eve", "flow-run-1")
    jobs._claim(jobs.PREDICT_FILE, "linear", {}, "bob", "flow-run-2")
    upload(app, "x1,x2\n1,2\n")
    assert "This is already running: eve started it at" in said(app)
    assert not list(settings.uploads_dir.iterdir())


def finished(text: str, username: str, settings: Settings) -> jobs.Job:
    """A job as the flow ends it, its file really answered."""
    job = jobs._claim(jobs.PREDICT_FILE, "linear", {}, username, f"flow-run-{username}")
    (settings.uploads_dir / "given.csv").write_text(text)
    answered = prediction_files.predict_file("linear", "given.csv", job.id, silent)
    result = {"rows": answered.rows, "version": answered.version, "output": answered.output}
    jobs.finish(job.id, jobs.COMPLETED, say("predict.done", rows=answered.rows, version=answered.version), result)
    return job


def test_the_result_is_shown_to_its_owner_only(champion: registry.Version, settings: Settings) -> None:
    finished("name,x1,x2\n" + "".join(f"r{i},{i},{-i}\n" for i in range(50)), "eve", settings)
    app = open_predict("CSV file")
    assert "**50 rows**, predicted by version 1" in said(app)
    preview = app.dataframe[0].value
    assert list(preview.columns) == ["name", "x1", "x2", "predicted", "probability"]
    assert preview["name"].tolist() == [f"r{i}" for i in range(20)]
    assert [button.label for button in app.get("download_button")] == ["Template", "Download the result"]

    other = open_predict("CSV file", Role.ADMIN, "bob")
    assert "50 rows" not in said(other)
    assert not other.dataframe


def test_a_result_that_was_swept_says_so(champion: registry.Version, settings: Settings) -> None:
    job = finished("x1,x2\n1,2\n", "eve", settings)
    (settings.outputs_dir / f"{job.id}.csv").unlink()
    assert "results are kept for a week" in said(open_predict("CSV file"))
