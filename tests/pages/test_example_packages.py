"""Installed packages of docs/examples, page by page, with a real Prefect server and a real flow runner behind them.

What each page shows of them in detail is in ``test_other_workloads`` and ``test_image_classifier``.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.roles import SYSTEM, Actor, Role
from core.images import LABELLED, UPLOAD, labels, store
from core.images.splits import OPEN
from core.jobs import jobs, prefect_api
from core.loop import decisions
from core.models import registry
from core.ui.flows import prefect_store
from core.workloads.image_collections import collection_of
from tests.example_packages import MASS, NAMES, PHOTOS, SPECIES, path_of_processes
from tests.flows.driving import ended
from tests.members import portrait, session_in
from tests.pages.opening import open_page, open_tab, texts
from tests.pages.video import Video
from tests.people import make_user
from tests.prefect_rows import Rows
from tests.prefect_server import flow_runner, runner_environment
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("mlflow_store", "installed")]
PEOPLE = ("Ada", "Ben")


@pytest.fixture
def checks(rows: Rows, site: Path) -> Iterator[dict[str, str]]:
    """A runner that has the packages. Checks are due every few seconds and paused: their ids, by workload."""
    more = {"SHIFUMI_CHECK_INTERVAL_S": "3", "SHIFUMI_CHECK_ON_NEW_DATA": "false", "SHIFUMI_JOB_STALE_S": "600"}
    with flow_runner({**runner_environment(**more), "PYTHONPATH": path_of_processes(site)}):
        names = prefect_api.flow_names()
        found = {item["name"]: item["id"] for item in prefect_api.deployments() if names[item["flow_id"]] == "check"}
        assert set(found) >= set(NAMES)
        for deployment in found.values():
            prefect_api.set_paused(deployment, True)
        prefect_store.clear_cache()
        yield found


@pytest.fixture
def eve() -> Actor:
    return make_user("eve", Role.EDITOR)


def said(app: AppTest) -> str:
    assert not app.exception
    return texts(app).replace("\\", "")


def completed(kind: str, workload: str) -> jobs.Job:
    """The newest job of that kind, which a click has submitted, once the runner has done it."""
    job = jobs.latest(kind, workload)
    assert job is not None
    job = ended(job)
    assert job.state == jobs.COMPLETED, job.message
    return job


def test_rows_from_the_form_to_a_champion_of_the_schedule(checks: dict[str, str], eve: Actor) -> None:
    app = open_tab("datasets.py", eve, datasets_tab="Penguins")
    app.number_input(key="penguins_rows").set_value(600)
    app.slider(key="penguins_gentoos").set_value(0.5).run()
    app.button(key="btn_generate").click().run()
    made = completed(jobs.GENERATE, SPECIES)
    assert made.created_by == "eve"
    assert (made.parameters["choices"]["rows"], made.parameters["choices"]["gentoos"]) == (600, 0.5)
    assert "Dataset 1: 600 penguins" in said(app.run())

    app = open_page("flows.py", eve)
    app.button(key=f"form-generate-dataset/{MASS}").click().run()
    app.number_input(key=f"run_generate-dataset/{MASS}_rows").set_value(7).run()
    assert app.error[0].value == "**Penguins** must be from 200 to 1,000,000."
    app.number_input(key=f"run_generate-dataset/{MASS}_rows").set_value(500)
    app.selectbox(key=f"run_generate-dataset/{MASS}_food").set_value("plenty").run()
    app.button(key="btn_run_form").click().run()
    made = completed(jobs.GENERATE, MASS)
    assert (made.parameters["choices"]["rows"], made.parameters["choices"]["food"]) == (500, "plenty")

    for name in (SPECIES, MASS):
        _checked_by_the_schedule(name, checks[name])
    shown = said(open_page("overview.py", eve))
    assert "**Penguins** :green-badge" in shown and "**Penguin mass** :green-badge" in shown
    app = open_tab("train.py", eve, workload=SPECIES)
    assert {item.label: item.value for item in app.metric}["Version"] == "v1"
    assert "the next check waits for new data" in said(app)


def _checked_by_the_schedule(name: str, deployment: str) -> None:
    prefect_api.set_paused(deployment, False)
    made = wait_until(lambda: decisions.latest(name), timeout=90, what=f"a scheduled check of {name}")[-1]
    prefect_api.set_paused(deployment, True)
    assert made.kind == decisions.PROMOTED
    assert prefect_api.get_run(made.flow_run_id or "").auto_scheduled
    job = jobs.of_flow_run(made.flow_run_id or "")
    assert job is not None and job.created_by == jobs.SCHEDULE


def test_images_from_the_camera_to_the_camera(
    checks: dict[str, str], eve: Actor, camera: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels made in the app, images captured on Live, one labelled on Label, a dataset, a model; Live names them."""
    _labels_are_made(eve)
    _capture(eve, camera, monkeypatch)
    _one_is_labelled(eve)
    _images_to_a_champion(eve)
    _live_names(eve, camera, portrait(0, 501), "Ada")


def _labels_are_made(eve: Actor) -> None:
    app = open_tab("datasets.py", eve, datasets_tab="Members", images_way="Create a dataset")
    for name in PEOPLE:
        app.text_input(key="own_label_name").set_value(name)
        app.button(key="btn_own_label_add").click().run()
    assert labels.names(PHOTOS) == PEOPLE


def _one_is_labelled(eve: Actor) -> None:
    waiting = store.add(SYSTEM, portrait(1, 7), collection_of(PHOTOS), source=UPLOAD, session=session_in("train"))
    app = open_tab("label.py", eve, image_workload=PHOTOS)
    app.button(key="btn_class_1").click().run()
    labelled = store.get(waiting.id)
    assert labelled is not None and [box.label for box in labelled.boxes] == ["Ben"]


def _images_to_a_champion(eve: Actor) -> None:
    app = open_tab("datasets.py", eve, datasets_tab="Members", images_way="Create a dataset")
    app.button(key="btn_images_dataset").click().run()
    completed(jobs.GENERATE, PHOTOS)
    app = open_tab("train.py", eve, workload=PHOTOS)
    app.button(key="btn_check").click().run()
    completed(jobs.CHECK, PHOTOS)
    assert decisions.latest(PHOTOS)[0].kind == decisions.PROMOTED
    champion = registry.champion(PHOTOS)
    assert champion is not None and champion.version == 1
    assert "Promoted" in said(app.run())


def _capture(eve: Actor, camera: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose each label on Live and hold the button once: the split is by time."""
    holding = SimpleNamespace(holding=False)
    monkeypatch.setattr("core.ui.live.capture._hold", lambda **_: holding)  # the browser's button
    app = open_tab("live.py", eve, image_workload=PHOTOS)
    camera.playing = True
    seeds, wanted = count(), 24
    for member, label in enumerate(PEOPLE):
        app.segmented_control(key=f"live_record_label_{PHOTOS}").set_value(label)
        holding.holding = True
        app.run()
        recorder = app.session_state["live_viewer"].recorder
        assert recorder.holding, said(app)

        def enough() -> bool:
            camera.send(portrait(member, next(seeds)))  # noqa: B023
            return recorder.captured.stored >= wanted  # noqa: B023

        wait_until(enough, every=0.03, what=f"{wanted} images of {label}")
        holding.holding = False
        assert f"images of {label}**" in said(app.run())
        wait_until(lambda: recorder.captured.done, every=0.01)  # noqa: B023
    kept = store.listed(store.Filters(PHOTOS), limit=200)
    assert {(one.state, one.boxes[0].label) for one in kept} == {(LABELLED, label) for label in PEOPLE}
    assert {(one.person, one.split) for one in kept} == {("eve", OPEN)}


def _live_names(eve: Actor, camera: Video, pixels: object, label: str) -> None:
    app = open_tab("live.py", eve, image_workload=PHOTOS)
    viewer = app.session_state["live_viewer"]

    def told() -> bool:
        camera.send(pixels)  # type: ignore[arg-type]
        main = viewer.report().main
        return main is not None and main.model == "v1"

    wait_until(told, every=0.03, what="an answer of the champion")
    assert f"### {label}" in said(app.run())
