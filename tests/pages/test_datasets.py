"""Datasets, Linear: choosing, generating, looking, deleting."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.roles import Role
from core.config.settings import Settings
from core.jobs import jobs
from core.loop import loop
from core.storage import datasets, lake
from tests.learning import make_dataset
from tests.pages.opening import open_page, texts
from tests.people import make_user

pytestmark = pytest.mark.usefixtures("no_servers")


def open_datasets(role: Role = Role.EDITOR) -> AppTest:
    app = open_page("datasets.py", make_user("eve", role))
    assert not app.exception
    return app


def choose(app: AppTest, **choices: float) -> AppTest:
    for name, value in choices.items():
        widgets = app.number_input if name in {"rows", "seed"} else app.slider
        widgets(key=f"linear_{name}").set_value(value)
    return app.run()


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def metrics(app: AppTest) -> dict[str, str]:
    return {item.label: item.value for item in app.metric}


def test_a_newcomer_sees_what_the_defaults_will_give() -> None:
    app = open_datasets()
    assert "No dataset yet" in said(app)
    assert metrics(app) == {"Best accuracy": "0.937", "Champion": "–", "On disk": "163 kB"}
    assert app.button(key="btn_generate").label == "Generate 10,000 rows"
    assert not app.button(key="btn_generate").disabled
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("rows", [0, -5, 999, 5_000_001, 10**12])
def test_a_size_out_of_bounds_is_refused_with_the_bounds(rows: int) -> None:
    app = choose(open_datasets(), rows=rows)
    assert app.error[0].value == "**Rows** must be from 1,000 to 5,000,000."
    assert app.button(key="btn_generate").disabled
    assert not app.get("plotly_chart")
    assert not choose(app, rows=1_000).error


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_bounds_is_refused(seed: int) -> None:
    app = choose(open_datasets(), seed=seed)
    assert "**Seed** must be from 0 to 4,294,967,295." in said(app)
    assert app.button(key="btn_generate").disabled


def test_while_prefect_is_down_generating_says_so_and_leaves_nothing_behind() -> None:
    app = open_datasets()
    app.button(key="btn_generate").click().run()
    assert "Not started. The Prefect server does not respond" in said(app)
    assert jobs.alive() == []
    app.button(key="btn_generate").click().run()
    assert "already running" not in said(app)


def test_a_second_click_is_refused_with_the_name_of_the_first() -> None:
    app = open_datasets()
    jobs.adopt(jobs.GENERATE, "linear", "flow-run-1", {})
    app.button(key="btn_generate").click().run()
    assert "This is already running: schedule started it at" in said(app)
    assert len(jobs.listed()) == 1


def test_a_viewer_may_look_but_not_make_or_delete() -> None:
    make_dataset()
    app = open_datasets(Role.VIEWER)
    assert app.button(key="btn_generate").disabled
    assert app.button(key="btn_delete_dataset").disabled
    assert "Requires the editor role" in said(app)


def test_the_controls_begin_where_the_newest_dataset_left_off() -> None:
    make_dataset(rows=3_000, angle=-270, noise=0.4, seed=7)
    app = open_datasets()
    assert app.number_input(key="linear_rows").value == 3_000
    assert app.number_input(key="linear_seed").value == 8
    assert app.slider(key="linear_angle").value == 90.0
    assert app.slider(key="linear_noise").value == 0.4


def test_the_same_choices_again_are_pointed_out() -> None:
    dataset = make_dataset(seed=7)
    app = open_datasets()
    assert "contains exactly these rows" not in said(app)
    assert f"Dataset {dataset.id} contains exactly these rows" in said(choose(app, seed=7))


def test_drift_from_the_champions_data_is_foreseen(mlflow_store: Path) -> None:
    make_dataset(rows=5_000, seed=1)
    loop.run_once("linear")
    app = open_datasets()
    assert "The same kind of data that champion v1 was trained on." in said(app)
    assert float(metrics(app)["Champion v1"]) > 0.9

    assert "Close to the training data of champion v1: noise 0.25 instead of 0.2" in said(choose(app, noise=0.25))
    turned = said(choose(app, noise=0.2, angle=135.0))
    assert "Far from the training data of champion v1**: the boundary is turned by 90°" in turned
    assert "The next check will retrain." in turned
    assert float(metrics(app)["Champion v1"]) < 0.6
    moved = said(choose(app, angle=45.0, balance=0.9))
    assert "x1 and x2 would count as drifted" in moved
    assert "Not separable by a straight line" in said(choose(app, noise=2.0, balance=0.5))


def test_drift_is_foreseen_from_accuracy_alone_when_the_training_data_is_gone(mlflow_store: Path) -> None:
    first = make_dataset(seed=1)
    loop.run_once("linear")
    datasets.delete(make_user("ada"), first.id)
    assert "Far from the training data of champion v1**. Expected accuracy" in said(
        choose(open_datasets(), angle=135.0)
    )


def test_an_unreachable_registry_leaves_the_rest_of_the_page_working(settings: Settings) -> None:
    (settings.mlflow_dir / "mlflow.db").write_bytes(b"not a database")
    app = open_datasets()
    assert "MLflow's database is damaged" in app.warning[0].value
    assert not app.button(key="btn_generate").disabled


def test_a_dataset_is_listed_and_looked_at() -> None:
    make_dataset(seed=1)
    second = make_dataset(seed=2, rows=3_000, balance=0.25)
    app = open_datasets()
    listed = app.dataframe[0].value
    assert listed["id"].tolist() == [second.id, second.id - 1]
    assert listed["seed"].tolist() == [2, 1]
    assert listed["by"].tolist() == ["system", "system"]
    assert f"**Dataset {second.id}** · created by system" in texts(app)
    shown = metrics(app)
    columns = lake.read(second.path, ["label", "holdout"])
    assert shown["Class 1"] == f"{100 * columns['label'].mean():.1f} %"
    assert shown["Holdout"] == f"{columns['holdout'].sum()} rows"
    assert len(app.get("plotly_chart")) == 3


def test_a_missing_file_is_told_and_can_be_deleted() -> None:
    dataset = make_dataset(seed=1)
    open_datasets()  # what this page remembers of the file must not hide that it is gone
    lake.delete(dataset.path)
    app = open_page("datasets.py", make_user("ned", Role.EDITOR))
    assert "is missing from the lake" in said(app)
    assert not app.button(key="btn_delete_dataset").disabled


def test_deleting_asks_first() -> None:
    dataset = make_dataset(seed=1)
    app = open_datasets()
    app.button(key="btn_delete_dataset").click().run()
    assert f"Delete dataset {dataset.id} with its 2,000 rows?" in said(app)
    assert datasets.get(dataset.id) is not None


def test_a_new_dataset_is_the_one_looked_at() -> None:
    make_dataset(seed=1)
    app = open_datasets()
    newer = make_dataset(seed=2)
    app.run()
    assert f"**Dataset {newer.id}**" in texts(app)
