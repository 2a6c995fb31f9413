"""Pages against a real Prefect server and a real flow runner: what a click starts, the page follows to its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.roles import Actor, Role
from core.config.messages import render
from core.config.settings import Settings
from core.jobs import jobs
from core.loop import decisions
from core.storage import datasets
from tests.pages.opening import open_page, texts
from tests.people import make_user
from tests.prefect_server import flow_runner, runner_environment
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("mlflow_store")]


@pytest.fixture
def runner(prefect: str) -> Iterator[None]:
    with flow_runner(runner_environment(SHIFUMI_CHECK_ON_NEW_DATA="false", SHIFUMI_JOB_STALE_S="600")):
        yield


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def watch(app: AppTest, words: str) -> set[str]:
    """Rerun the page, as its timer does, until it says ``words``; the progress texts seen on the way."""
    seen: set[str] = set()

    def told() -> bool:
        app.run()
        assert not app.exception
        seen.update(bar.proto.text for bar in app.get("progress"))
        return words in said(app)

    wait_until(told, timeout=60, every=0.2, what=words)
    return seen


def test_generate_check_and_predict_a_file(runner: None, settings: Settings) -> None:
    eve = make_user("eve", Role.EDITOR)
    _cancel_in_the_middle(eve)
    _generate(eve)
    _check(eve)
    _predict_a_file(eve, settings)


def _cancel_in_the_middle(eve: Actor) -> None:
    """By the runner and its hook: the watch for dead jobs is told to wait longer than this test."""
    app = open_page("datasets.py", eve)
    app.number_input(key="linear_rows").set_value(5_000_000)
    app.run()
    app.button(key="btn_generate").click().run()
    wait_until(lambda: "rows" in "".join(bar.proto.text for bar in app.run().get("progress")), timeout=120)
    app.button(key="btn_cancel_generate-dataset").click().run()
    watch(app, "Cancelled by eve")
    assert datasets.listed() == []
    assert jobs.alive() == []


def _generate(eve: Actor) -> None:
    app = open_page("datasets.py", eve)
    app.number_input(key="linear_rows").set_value(5_000)
    app.run()
    generate = app.button(key="btn_generate")
    assert generate.label == "Generate 5,000 rows"
    generate.click().run()
    seen = watch(app, "Dataset 1: 5,000 rows")
    assert any(text.startswith("**Generate data**") for text in seen)
    assert len(datasets.listed()) == 1
    assert app.number_input(key="linear_seed").value == 1  # one click, one step further
    assert "See the check on Train" in [link.proto.label for link in app.get("page_link")]


def _check(eve: Actor) -> None:
    app = open_page("train.py", eve)
    app.button(key="btn_check").click().run()
    watch(app, "Promoted: There is no champion yet.")
    assert {item.label: item.value for item in app.metric}["Version"] == "v1"
    newest = decisions.latest("linear", limit=1)[0]
    assert newest.kind == decisions.PROMOTED
    assert render(newest.reason) in said(app)


def _predict_a_file(eve: Actor, settings: Settings) -> None:
    app = open_page("predict.py", eve)
    app.session_state["predict_tab"] = "CSV file"
    app.run()
    rows = "".join(f"{i % 5 - 2},{i % 3 - 1}\n" for i in range(30_000))
    app.file_uploader[0].upload("rows.csv", ("x1,x2\n" + rows).encode(), "text/csv").run()
    app.button(key="btn_file").click().run()
    watch(app, "**30,000 rows**, predicted by version 1")
    assert not list(settings.uploads_dir.iterdir())
    assert [button.label for button in app.get("download_button")] == ["Template", "Download the result"]


def test_cancelling_a_run_that_waits_ends_it_and_frees_the_button(prefect: str, settings: Settings) -> None:
    """The deployments are known, but no runner takes the run."""
    with flow_runner(runner_environment()):
        pass
    app = open_page("datasets.py", make_user("eve", Role.EDITOR))
    app.button(key="btn_generate").click().run()
    assert "Waiting for the flow runner" in app.get("progress")[0].proto.text
    app.button(key="btn_cancel_generate-dataset").click().run()
    assert "Cancelled by eve before it started" in said(app)
    assert not app.get("progress")
    assert jobs.alive() == []
    assert datasets.listed() == []
