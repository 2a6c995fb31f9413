"""The Runs page over real MLflow runs."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.roles import Role
from core.config.settings import Settings, get_settings
from core.loop import decisions, loop, training
from core.models import registry
from core.models.registry import Version
from core.storage import datasets
from tests.learning import make_dataset
from tests.pages.opening import open_page, texts
from tests.people import make_user


@pytest.fixture
def two_versions(mlflow_store: Path, monkeypatch: pytest.MonkeyPatch) -> list[Version]:
    """Version 1, and version 2 that took over after the boundary turned, without waiting for more data."""
    monkeypatch.setenv("SHIFUMI_PROMOTE_CONFIRMATIONS", "0")
    get_settings.cache_clear()
    make_dataset(seed=1)
    loop.run_once("linear")
    make_dataset(seed=2, angle=135)
    assert loop.run_once("linear").kind == decisions.PROMOTED
    return registry.versions("linear")


def opened(role: Role = Role.VIEWER, **query: str) -> AppTest:
    """The page with ``query`` in its address."""
    app = open_page("runs.py", make_user("eve", role))
    for name, value in query.items():
        app.query_params[name] = value
    return app.run() if query else app


def frame(app: AppTest, number: int = 0) -> dict[str, list[object]]:
    return app.dataframe[number].value.to_dict("list")


def test_before_the_first_training_the_page_says_what_to_do() -> None:
    app = opened()
    assert not app.exception
    assert "No MLflow runs yet" in texts(app)
    assert not app.dataframe


def test_runs_are_listed_with_version_aliases_figures_and_parameters(two_versions: list[Version]) -> None:
    app = opened()
    assert not app.exception
    table = frame(app)
    assert table["version"] == ["v2", "v1"]
    assert [list(held) for held in table["aliases"]] == [["champion"], ["previous"]]
    assert table["data.angle"] == ["135.0", "45.0"]
    assert table["status"] == ["finished", "finished"]
    assert "accuracy" in table
    assert "accuracy_low" not in table


def test_filters_narrow_the_table(two_versions: list[Version]) -> None:
    app = opened()
    app.text_input(key="runs_text").set_value("data.angle=135").run()
    assert frame(app)["version"] == ["v2"]
    app.text_input(key="runs_text").set_value("no such thing").run()
    assert "No MLflow runs match" in texts(app)
    app.text_input(key="runs_text").set_value("").run()
    app.selectbox(key="runs_alias").set_value("previous").run()
    assert frame(app)["version"] == ["v1"]
    app.selectbox(key="runs_alias").set_value(None).run()
    app.selectbox(key="runs_status").set_value("FAILED").run()
    assert "No MLflow runs match" in texts(app)


def test_a_metric_threshold_and_another_order(two_versions: list[Version]) -> None:
    app = opened()
    values = dict(zip(frame(app)["version"], frame(app)["accuracy"], strict=True))
    worst = min(values, key=lambda name: float(str(values[name])))
    app.selectbox(key="runs_sort").set_value("accuracy")
    app.toggle(key="runs_descending").set_value(False).run()
    assert frame(app)["version"][0] == worst
    app.selectbox(key="runs_metric").set_value("accuracy").run()
    app.number_input(key="runs_least").set_value(0.9999).run()
    assert "No MLflow runs match" in texts(app)


def test_an_address_opens_one_run(two_versions: list[Version]) -> None:
    version = two_versions[0]
    app = opened(run=version.run_id)
    assert not app.exception
    shown = texts(app)
    assert "v2" in shown
    assert "champion" in shown
    assert f"trained on dataset {version.dataset_id}" in shown
    assert "accuracy" in [metric.label for metric in app.metric]
    assert "95 % interval" in shown


def test_parameters_and_files_of_a_run(two_versions: list[Version]) -> None:
    training.draw(two_versions[0], datasets.latest("linear"))
    app = opened(run=two_versions[0].run_id)
    app.session_state["run_tabs"] = "Parameters"
    app.run()
    assert dict(zip(*frame(app).values(), strict=True))["data.angle"] == "135.0"
    app.session_state["run_tabs"] = "Artifacts"
    app.run()
    assert not app.exception
    assert len(app.get("image")) == 3  # boundary, confusion matrix, calibration
    assert app.selectbox[0].options[0].startswith("export/linear.json")
    assert app.json
    assert app.get("download_button")


@pytest.mark.parametrize("run_id", ["0" * 32, "../../secret", "<script>alert(1)</script>"])
def test_an_address_of_no_run_is_explained(run_id: str, two_versions: list[Version]) -> None:
    app = opened(run=run_id)
    assert not app.exception
    assert "There is no such run" in app.warning[0].value


def test_an_address_compares_runs_and_marks_differences(two_versions: list[Version]) -> None:
    app = opened(compare=",".join(version.run_id for version in two_versions))
    assert not app.exception
    assert len(app.get("plotly_chart")) >= 3
    table = frame(app)
    assert table["name"][0] == "accuracy"
    assert "data.angle" in table["name"]
    assert "C" in table["name"]
    app.toggle(key="only_differences").set_value(True).run()
    assert "C" not in frame(app)["name"]


def test_comparing_with_a_run_that_is_gone(two_versions: list[Version]) -> None:
    app = opened(compare=f"{two_versions[0].run_id},{'0' * 32}")
    assert not app.exception
    assert "Not found" in app.warning[0].value


def test_versions_and_who_holds_which_alias(two_versions: list[Version]) -> None:
    app = opened(view="Versions")
    assert not app.exception
    table = frame(app)
    assert table["version"] == ["v2", "v1"]
    assert "**v2**" in texts(app)
    assert table["SHA-256 of the exported model"][0] == two_versions[0].sha256


def test_a_broken_store_is_a_message_and_the_page_stands(settings: Settings) -> None:
    (settings.mlflow_dir / "mlflow.db").write_bytes(b"this is no database" * 100)
    app = opened()
    assert not app.exception
    assert "MLflow store does not respond" in app.error[0].value
    assert "doctor" in app.error[0].value
    assert app.title[0].value == "Runs"
