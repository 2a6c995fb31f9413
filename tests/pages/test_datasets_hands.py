"""Datasets, Hands: figures, photos, imports, exports, the gallery, datasets."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.auth.roles import SYSTEM, Actor, Role
from core.config.messages import as_json, render, text
from core.config.settings import Settings
from core.images import LABELLED, REJECTED, UNLABELLED, store
from core.images.snapshot import write_snapshot
from core.jobs import jobs
from core.storage import datasets
from core.ui.datasets.images import export_zip, gallery, import_zip
from core.ui.datasets.images.gallery import PER_PAGE
from core.ui.datasets.images.thumbnails import colour_of, marks_of, thumbnail
from tests.pages.opening import open_page, texts
from tests.people import make_user
from tests.pictures_of_hands import HANDS, box, file_bytes, picture

pytestmark = pytest.mark.usefixtures("no_servers")


def open_hands(role: Role = Role.EDITOR, way: str = "Create a dataset") -> AppTest:
    app = open_page("datasets.py", make_user("eve", role))
    app.session_state["datasets_tab"] = "Hands"
    return turn_to(app, way)


def turn_to(app: AppTest, way: str) -> AppTest:
    app.session_state["images_way"] = way
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def metrics(app: AppTest) -> dict[str, str]:
    return {item.label: item.value for item in app.metric}


def fill(count: int = 3) -> list[store.Image]:
    labels = ("rock", "paper", "scissors")
    return [
        store.add(SYSTEM, picture(seed), HANDS, source="synthetic", session=f"s{seed}", boxes=[box(labels[seed % 3])])
        for seed in range(count)
    ]


def tiles(app: AppTest) -> list[str]:
    return [item.label for item in app.checkbox]


def test_a_newcomer_is_told_where_pictures_come_from() -> None:
    app = open_hands()
    assert "No image yet. Add photos, import a dataset" in said(app)
    assert "No dataset yet. Press **Create a dataset**" in said(app)
    assert app.button(key="btn_images_dataset").label == "Create a dataset"
    assert app.number_input(key="images_synthetic").value == 400
    assert not app.metric


def test_the_figures_tell_what_can_be_learnt_and_what_waits() -> None:
    fill(5)
    store.add(SYSTEM, picture(10), HANDS, source="upload", session="u")
    store.add(SYSTEM, picture(11), HANDS, source="upload", session="u", boxes=[box("rock", provenance="model")])
    store.add(SYSTEM, picture(12), HANDS, source="upload", session="u", state=REJECTED)
    app = open_hands()
    in_train = {image.boxes[0].label for image in store.listed(store.Filters(state=LABELLED, split="train"))}
    for label in ("rock", "paper", "scissors"):
        told = [text.value for text in app.warning if "to train on yet" in text.value]
        assert any(f"o {label}" in text for text in told) == (label not in in_train)
    assert metrics(app) == {"Labelled": "5", "To review": "2", "Rejected": "1"}
    assert "By image source: 5 synthetic, 3 upload." in said(app)
    assert len(app.get("plotly_chart")) == 1


def test_making_a_dataset_submits_the_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    submitted = []

    def submit(actor: object, kind: str, workload: str, parameters: object) -> jobs.Job:
        submitted.append((kind, workload, parameters))
        return jobs.adopt(kind, workload, "run-1", {})

    monkeypatch.setattr(jobs, "submit", submit)
    app = open_hands()
    app.number_input(key="images_synthetic").set_value(50)
    app.number_input(key="images_seed").set_value(7)
    app.button(key="btn_images_dataset").click().run()
    assert submitted == [(jobs.GENERATE, "rps", {"choices": {"synthetic": 50, "seed": 7}})]
    assert not app.exception


def test_the_seed_goes_on_after_the_last_dataset() -> None:
    fill()
    datasets.register(write_snapshot(HANDS), "rps", {"synthetic": 400, "seed": 100}, SYSTEM)
    assert open_hands().number_input(key="images_seed").value == 500


def test_choices_out_of_bounds_are_refused_in_words() -> None:
    app = open_hands()
    app.number_input(key="images_synthetic").set_value(-1).run()
    assert "Synthetic: Input should be greater than or equal to 0" in said(app)
    assert app.button(key="btn_images_dataset").disabled


def test_labels_that_fit_no_image_stop_an_import_until_somebody_decides(settings: Settings) -> None:
    app = upload_zip(open_hands(way="Import"), zipped(**{"labels/other.txt": b"0 .5 .5 .2 .2"}))
    assert "Images such as images/b.jpg; label files such as labels/other.txt" in said(app)
    assert app.radio(key="import_without_label").value is None
    assert app.button(key="btn_import").disabled
    app.radio(key="import_without_label").set_value("unlabelled").run()
    assert not app.button(key="btn_import").disabled


def test_while_prefect_is_down_nothing_is_left_behind() -> None:
    app = open_hands()
    app.button(key="btn_images_dataset").click().run()
    assert "Not started. The Prefect server does not respond" in said(app)
    assert jobs.alive() == []


def test_a_viewer_sees_everything_and_changes_nothing() -> None:
    fill()
    datasets.register(write_snapshot(HANDS), "rps", {}, SYSTEM)
    app = open_hands(Role.VIEWER)
    assert tiles(app) == ["Select 3", "Select 2", "Select 1"]
    assert all(item.disabled for item in app.checkbox)
    for key in ("btn_images_dataset", "btn_delete_images", "btn_delete_dataset"):
        assert app.button(key=key).disabled
    assert turn_to(app, "Photos").button(key="btn_photos").disabled
    assert "Requires the editor role" in said(app)
    assert "Requires the editor role" in said(turn_to(app, "Import"))


def test_photos_are_added_with_what_was_done_to_them_and_bad_ones_told() -> None:
    app = open_hands(way="Photos")
    app.file_uploader(key="images_photos_0").set_value(
        [
            ("good.png", file_bytes(picture(1), "PNG"), "image/png"),
            ("again.png", file_bytes(picture(1), "PNG"), "image/png"),
            ("large.jpg", file_bytes(picture(2, 2000, 1000)), "image/jpeg"),
            ("broken.jpg", b"no picture", "image/jpeg"),
        ]
    )
    app.selectbox(key="images_photos_show_rps").set_value("paper")
    app.text_input(key="images_photos_session").set_value("anna at home")
    app.run()
    app.button(key="btn_photos").click().run()
    assert not app.exception
    assert "broken.jpg: This is not an image" in said(app)
    assert "large.jpg: scaled to 1,280 pixels" in said(app)
    kept = store.listed()
    assert {(image.session, image.state, render(image.note), image.created_by) for image in kept} == {
        ("anna at home", UNLABELLED, "Label suggested on import: paper", "eve")
    }
    assert len(kept) == 2
    assert any("2 new photos, 1 already present" in toast.value for toast in app.toast)
    assert app.button(key="btn_propose").label == "Propose labels for 2 images"  # Prefect is down: by hand, later
    app.button(key="btn_propose").click().run()
    assert "Not started. The Prefect server does not respond" in said(app)


def test_boxes_are_proposed_for_new_photos_without_a_click(monkeypatch: pytest.MonkeyPatch) -> None:
    submitted = []
    monkeypatch.setattr(
        jobs, "submit", lambda *given: submitted.append(given[1:]) or jobs.adopt(given[1], "rps", "r", {})
    )
    app = open_hands(way="Photos")
    app.file_uploader(key="images_photos_0").set_value([("a.png", file_bytes(picture(1), "PNG"), "image/png")]).run()
    app.button(key="btn_photos").click().run()
    assert not app.exception
    assert submitted == [(jobs.PROPOSE, "rps")]


def test_photos_of_nothing_are_negatives_at_once() -> None:
    app = open_hands(way="Photos")
    app.file_uploader(key="images_photos_0").set_value([("wall.png", file_bytes(picture(1), "PNG"), "image/png")])
    app.selectbox(key="images_photos_show_rps").set_value("negative (no object)").run()
    app.button(key="btn_photos").click().run()
    (kept,) = store.listed()
    assert (kept.state, kept.boxes, kept.note) == (LABELLED, [], ())
    assert kept.session.startswith("eve 20")


def zipped(**more: bytes) -> bytes:
    content = {
        "data.yaml": b"names: [Rock, Peace, Lizard]",
        "images/a.jpg": file_bytes(picture(1)),
        "labels/a.txt": b"0 .5 .5 .2 .2",
        "images/b.jpg": file_bytes(picture(2)),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in {**content, **more}.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def upload_zip(app: AppTest, data: bytes) -> AppTest:
    app.file_uploader(key="images_zip_0").set_value([("set.zip", data, "application/zip")])
    return app.run()


def test_an_import_asks_what_the_classes_mean(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    submitted = []
    monkeypatch.setattr(jobs, "submit", lambda *given: submitted.append(given) or jobs.adopt(given[1], "rps", "r", {}))
    app = upload_zip(open_hands(way="Import"), zipped())
    assert "A YOLO dataset with **2 images**, 1 of them without a label file" in said(app)
    assert app.radio(key="import_without_label").value == "unlabelled", "negative has to be chosen"
    app.radio(key="import_without_label").set_value("negative").run()
    class_mapping = {item.label: item.value for item in app.selectbox if str(item.key).startswith("meaning_")}
    assert class_mapping == {"Rock": "rock", "Peace": "scissors", "Lizard": "(leave out)"}
    app.selectbox(key="meaning_2_Lizard").set_value("(background)").run()
    app.button(key="btn_import").click().run()
    assert not app.exception
    (upload,) = settings.uploads_dir.iterdir()
    _, kind, workload, parameters = submitted[0]
    assert (kind, workload, parameters["upload"]) == (jobs.IMPORT, "rps", upload.name)
    assert parameters["class_mapping"] == {"Rock": "rock", "Peace": "scissors", "Lizard": "(background)"}
    assert parameters["without_label"] == "negative"
    assert "A zip file as exported by Roboflow" in said(app)


def test_while_prefect_is_down_the_plan_stays_for_another_try(settings: Settings) -> None:
    app = upload_zip(open_hands(way="Import"), zipped())
    app.button(key="btn_import").click().run()
    assert "Not started. The Prefect server does not respond" in said(app)
    assert app.button(key="btn_import")
    app.button(key="btn_import_other").click().run()
    assert list(settings.uploads_dir.iterdir()) == []
    assert "A zip file as exported by Roboflow" in said(app)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"hello", "not a zip file"),
        (zipped(**{"../evil.jpg": b"x"}), "a path outside of it"),
    ],
)
def test_a_bad_zip_is_refused_at_once(data: bytes, words: str, settings: Settings) -> None:
    app = upload_zip(open_hands(way="Import"), data)
    assert words in said(app)
    assert list(settings.uploads_dir.iterdir()) == []


def test_what_an_import_could_not_use_is_listed() -> None:
    job = jobs.adopt(jobs.IMPORT, "rps", "run-1", {})
    result = {"splits": {"train": 8, "holdout": 2}, "faults": [as_json(text("images/x.jpg: The file is empty."))]}
    jobs.finish(job.id, jobs.COMPLETED, text("10 images are new"), result)
    app = open_hands(way="Import")
    assert "By split: 8 train, 2 holdout." in said(app)
    assert "images/x.jpg: The file is empty." in [item.value for item in app.code]


def test_an_export_holds_what_it_says(settings: Settings) -> None:
    fill(2)
    store.add(SYSTEM, picture(9), HANDS, source="webcam", session="w", boxes=[box("rock")])
    app = open_hands(Role.VIEWER, "Export")
    (button,) = [item for item in app.get("download_button") if item.proto.id.endswith("btn_export")]
    assert button.proto.label.startswith("Download 1 image (")
    app.toggle(key="images_export_synthetic").set_value(True).run()
    data = export_zip._content(make_user("vic", Role.VIEWER), HANDS, ("webcam", "synthetic"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert sum(name.endswith(".jpg") for name in archive.namelist()) == 3
    assert list(settings.outputs_dir.iterdir()) == []


def test_nothing_to_export_is_said() -> None:
    assert "There is no labelled image to export yet" in said(open_hands(way="Export"))


def test_the_gallery_is_filtered_and_paged() -> None:
    fill(PER_PAGE + 3)
    store.add(SYSTEM, picture(90), HANDS, source="upload", session="u")
    app = open_hands()
    assert len(tiles(app)) == PER_PAGE
    assert tiles(app)[0] == f"Select {PER_PAGE + 4}"
    assert f"{PER_PAGE + 4} images." in said(app)
    app.selectbox(key="images_source").set_value("upload").run()
    assert tiles(app) == [f"Select {PER_PAGE + 4}"]
    app.selectbox(key="images_class_rps").set_value("rock").run()
    assert tiles(app) == []
    assert "No image matches. Clear a filter" in said(app)


def test_deleting_pictures_asks_first_and_then_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest runs no fragments, and so no dialog: what the dialog would be given is looked at (tests/e2e clicks)."""
    asked: list[tuple[str, Callable[[Actor], None]]] = []
    monkeypatch.setattr(gallery, "confirm", lambda question, _label, action, _done: asked.append((question, action)))
    kept = fill(3)
    app = open_hands()
    assert app.button(key="btn_delete_images").disabled
    app.checkbox(key=f"choose_{kept[0].id}").check()
    app.checkbox(key=f"choose_{kept[2].id}").check().run()
    assert app.button(key="btn_delete_images").label == "Delete 2 images"
    app.button(key="btn_delete_images").click().run()
    [(question, delete)] = asked
    assert question.startswith("Delete 2 images with their boxes?")
    assert store.count() == 3
    delete(SYSTEM)
    assert [image.id for image in store.listed()] == [kept[1].id]
    assert tiles(app.run()) == [f"Select {kept[1].id}"]


def test_a_picture_without_its_file_is_told_and_can_be_deleted() -> None:
    (kept,) = fill(1)
    store.file_path(kept).unlink()
    app = open_hands()
    assert "Its file is missing." in said(app)
    assert tiles(app) == [f"Select {kept.id}"]


def test_a_dataset_is_listed_and_tells_which_pictures_were_deleted_since() -> None:
    kept = fill(4)
    dataset = datasets.register(write_snapshot(HANDS), "rps", {"synthetic": 4, "seed": 0}, SYSTEM)
    app = open_hands()
    listed = app.dataframe[0].value
    assert (listed["id"].tolist(), listed["images"].tolist()) == ([dataset.id], [4])
    assert (listed["synthetic"].tolist(), listed["seed"].tolist()) == ([4], [0])
    assert "were deleted since" not in said(app)
    store.delete(SYSTEM, [kept[0].id])
    assert "1 of its images were deleted since" in said(app.run())


def test_boxes_are_drawn_in_the_colour_of_their_class() -> None:
    plain = np.full((200, 400, 3), 128, np.uint8)
    kept = store.add(SYSTEM, plain, HANDS, source="upload", session="s", boxes=[box("scissors", x=0.5)])
    drawn = Image.open(io.BytesIO(thumbnail(str(store.file_path(kept)), "rps", marks_of(kept))))
    assert drawn.size == (320, 160)
    wanted = np.array([int(colour_of("scissors", "rps")[i : i + 2], 16) for i in (1, 3, 5)])
    left = np.asarray(drawn)[60:110, 112:115].reshape(-1, 3)  # centre .5, width .3 of 320 pixels
    assert np.abs(left.mean(axis=0) - wanted).max() < 40
    assert np.abs(np.asarray(drawn)[80, 160].astype(int) - 128).max() < 10


def test_a_dataset_about_everything_does_not_ask_a_thousand_questions() -> None:
    names = ", ".join(f"thing{number}" for number in range(80))
    app = upload_zip(open_hands(way="Import"), zipped(**{"data.yaml": f"names: [{names}]".encode()}))
    asked = [item for item in app.selectbox if str(item.key).startswith("meaning_")]
    assert len(asked) == import_zip._MAPPED
    assert "It names 80 classes" in said(app)
    assert app.button(key="btn_import").disabled
