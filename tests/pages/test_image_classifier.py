"""A workload with labels that people make, installed from docs/examples, on every page."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.roles import SYSTEM, Actor, Role
from core.images import LABELLED, UPLOAD, labels, store
from core.jobs import jobs
from core.ui.predict import photo as photo_page
from core.workloads.image_collections import collection_of
from tests.example_packages import PHOTOS, promoted
from tests.members import add_portraits, make_members, portrait, session_in
from tests.pages.opening import open_page, texts
from tests.pages.video import Video
from tests.people import make_user
from tests.pictures_of_hands import HANDS, box, file_bytes, picture
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_servers", "installed")

NAME = PHOTOS


@pytest.fixture
def editor() -> Actor:
    return make_user("eve", Role.EDITOR)


@pytest.fixture
def champion(mlflow_store: Path) -> None:
    promoted(NAME)


def said(app: AppTest) -> str:
    assert not app.exception
    return texts(app).replace("\\", "")


def open_datasets(actor: Actor, way: str = "Create a dataset") -> AppTest:
    app = open_page("datasets.py", actor)
    app.session_state["datasets_tab"] = "Members"
    app.session_state["images_way"] = way
    app.run()
    assert not app.exception
    return app


def test_labels_are_made_renamed_and_removed_on_datasets(editor: Actor) -> None:
    app = open_datasets(editor)
    assert "Classifies photos of a group's members" in said(app)
    for name in ("Ada", "Ben"):
        app.text_input(key="own_label_name").set_value(name)
        app.button(key="btn_own_label_add").click().run()
        assert not app.exception
    assert labels.names(NAME) == ("Ada", "Ben")
    app.text_input(key="own_label_name").set_value("ada")
    app.button(key="btn_own_label_add").click().run()
    assert "There is a class 'Ada' already" in said(app)
    add_portraits_of("Ada", 2)
    app = open_datasets(editor)
    assert app.button(key="btn_own_label_remove_Ada").disabled  # images have it
    app.text_input(key=f"own_label_{NAME}_Ada").set_value("Countess").run()
    app.button(key="btn_own_label_rename_Ada").click().run()
    app.button(key="btn_own_label_remove_Ben").click().run()
    assert not app.exception
    assert labels.usage_counts(NAME) == {"Countess": 2}


def add_portraits_of(name: str, number: int) -> None:
    labels_then = collection_of(NAME)
    for seed in range(number):
        about = {"source": UPLOAD, "session": session_in("train")}
        image = store.add(SYSTEM, portrait(0, seed), labels_then, **about)
        from core.labelling import review
        from core.vision.boxes import whole_image

        review.set_boxes(SYSTEM, image.id, [whole_image(name, "human")])


def test_viewers_see_the_labels_and_change_none() -> None:
    make_members(NAME)
    app = open_datasets(make_user("vic", Role.VIEWER))
    assert "Requires the editor role" in said(app)
    for key in ("btn_own_label_add", "btn_own_label_rename_Ada", "btn_own_label_remove_Ada"):
        assert app.button(key=key).disabled


def test_photos_of_somebody_are_labelled_at_once(editor: Actor) -> None:
    make_members(NAME)
    app = open_datasets(editor, "Photos")
    app.file_uploader(key="images_photos_0").set_value([("a.png", file_bytes(portrait(1, 1), "PNG"), "image/png")])
    assert app.selectbox(key="images_photos_show_photos").options == ["Ada", "Ben", "Cleo"]
    app.selectbox(key="images_photos_show_photos").select("Ben").run()
    app.button(key="btn_photos").click().run()
    assert not app.exception
    (kept,) = store.listed(store.Filters(NAME))
    assert (kept.state, [one.label for one in kept.boxes], kept.boxes[0].width) == (LABELLED, ["Ben"], 1.0)
    assert "1 image." in said(open_datasets(editor))


def open_label(actor: Actor) -> AppTest:
    app = open_page("label.py", actor)
    app.segmented_control(key="image_workload").set_value(NAME).run()
    assert not app.exception
    return app


def test_label_offers_a_button_and_a_key_per_class(editor: Actor) -> None:
    make_members(NAME)
    store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s", boxes=[box("rock", provenance="model")])
    waiting = [
        store.add(SYSTEM, portrait(1, seed), collection_of(NAME), source=UPLOAD, session="s") for seed in range(3)
    ]
    app = open_label(editor)
    assert [app.button(key=f"btn_class_{number}").label for number in range(3)] == ["Ada", "Ben", "Cleo"]
    assert app.button(key="btn_class_1").proto.shortcut == "2"
    assert f"Image {waiting[0].id}" in said(app)
    app.button(key="btn_class_1").click().run()
    assert labelled(waiting[0]) == ["Ben"]
    assert f"Image {waiting[1].id}" in said(app)
    app.button(key="btn_class_next").click().run()
    assert f"Image {waiting[2].id}" in said(app)
    app.button(key="btn_class_reject").click().run()
    assert now(waiting[2]).state == "rejected"
    app.button(key="btn_label_undo").click().run()
    assert now(waiting[2]).state == "unlabelled"
    assert "1 labelled image is in no dataset yet" in said(app)


def now(image: store.Image) -> store.Image:
    found = store.get(image.id)
    assert found is not None
    return found


def labelled(image: store.Image) -> list[str]:
    return [one.label for one in now(image).boxes]


def test_label_follows_a_link_to_the_other_workload(editor: Actor) -> None:
    make_members(NAME)
    image = store.add(SYSTEM, portrait(1, 1), collection_of(NAME), source=UPLOAD, session="s")
    app = open_page("label.py", editor)
    app.query_params["image"] = str(image.id)
    app.run()
    assert f"Image {image.id}" in said(app)
    assert app.segmented_control(key="image_workload").value == NAME


def test_label_without_any_label_says_where_they_are_made(editor: Actor) -> None:
    store.add(SYSTEM, portrait(1, 1), collection_of(NAME), source=UPLOAD, session="s")
    assert "There is no class yet" in said(open_label(editor))


def test_making_a_dataset_asks_for_nothing_more(editor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    make_members(NAME)
    add_portraits(NAME, "train", 1)
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(jobs, "submit", lambda actor, kind, name, options=None: asked.append({name: options}))
    open_datasets(editor).button(key="btn_images_dataset").click().run()
    assert asked == [{NAME: {"choices": {}}}]


def test_predict_names_who_is_on_a_photo(editor: Actor, champion: None) -> None:
    photo_page._found.clear()
    app = open_page("predict.py", editor)
    app.session_state["workload"] = NAME
    app.session_state["predict_pictures_tab"] = "Photo"
    app.run()
    assert "The model detects Ada, Ben, Cleo." in said(app)
    app.file_uploader(key="photo_file").upload("who.png", file_bytes(portrait(2, 77), "PNG"), "image/png").run()
    assert app.dataframe[0].value["class"].tolist()[0] == "Cleo"
    assert "Predicted by champion v1" in said(app)


def test_live_shows_the_label_and_offers_no_game(editor: Actor, champion: None, camera: Video) -> None:
    app = open_page("live.py", editor)
    app.segmented_control(key="image_workload").set_value(NAME).run()
    assert not app.exception
    assert [tab.label for tab in app.tabs][:3] == ["Capture", "Correct", "Options"]
    camera.playing = True
    app.run()
    viewer = app.session_state["live_viewer"]
    pixels = portrait(0, 88)
    wait_until(lambda: camera.send(pixels) is not None and viewer.report().main is not None, every=0.03)
    wait_until(lambda: camera.send(pixels) is not None and viewer.report().main.model == "v1", every=0.03)
    assert "### Ada" in said(app.run())
    assert app.segmented_control(key="live_record_label_photos").options == ["Ada", "Ben", "Cleo"]


def test_the_other_pages_open(editor: Actor, champion: None) -> None:
    assert "**Members** :green-badge" in said(open_page("overview.py", editor))
    app = open_page("train.py", editor)
    app.segmented_control(key="workload").set_value(NAME).run()
    assert "(threshold 0.800)" in said(app)
    assert "Members" in open_page("runs.py", editor).dataframe[0].value["workload"].tolist()
    assert not open_page("flows.py", editor).exception
    assert "Labelled images per class and split" in said(open_datasets(editor))
