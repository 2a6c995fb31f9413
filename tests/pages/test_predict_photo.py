"""Predict for hands: a photo at once, a video in the background, with a real detector."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.roles import Role
from core.config.progress import silent
from core.config.settings import Settings, get_settings
from core.jobs import jobs
from core.models import registry
from core.predictions import videos as video_predictions
from core.ui.predict import photo as photo_page
from core.ui.shell import champion_cache as model_store
from core.vision.detection_formats import to_csv, to_json, to_rows
from core.workloads.rps.classes import CLASSES
from tests.colour_model import promote_colour_model, write_colour_model
from tests.live import SquareDetector, picture
from tests.pages.opening import open_page, texts
from tests.people import make_user
from tests.pictures_of_hands import file_bytes
from tests.videos import LEFT, TOP, write_video

pytestmark = pytest.mark.usefixtures("no_servers")

HAND = file_bytes(picture("paper", LEFT, TOP, 320, 320), "PNG")
NOBODY = file_bytes(picture(width=320, height=320), "PNG")


@pytest.fixture(scope="module", autouse=True)
def forget() -> None:
    """What an earlier module's pages cached belongs to its own catalog."""
    photo_page._found.clear()


@pytest.fixture
def champion(mlflow_store: Path) -> registry.Version:
    return promote_colour_model()


def open_predict(tab: str = "Photo", role: Role = Role.VIEWER, name: str = "eve") -> AppTest:
    app = open_page("predict.py", make_user(name, role))
    app.session_state["workload"] = "rps"
    app.session_state["predict_pictures_tab"] = tab
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def show(app: AppTest, data: bytes, name: str = "hand.png") -> AppTest:
    app.file_uploader(key="photo_file").upload(name, data, "image/png").run()
    assert not app.exception
    return app


def send(app: AppTest, data: bytes, name: str = "given.mp4") -> AppTest:
    app.file_uploader(key="video_file_0").upload(name, data, "video/mp4").run()
    app.button(key="btn_video").click().run()
    assert not app.exception
    return app


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.get("download_button")]


def test_a_photo_is_answered_with_boxes_a_table_and_downloads(champion: registry.Version) -> None:
    app = open_predict()
    assert "Choose a photo. The model detects rock, paper, scissors." in said(app)
    show(app, HAND)
    found: Any = app.dataframe[0].value
    assert found["class"].tolist() == ["paper"]
    assert found["confidence"][0] > 0.9
    assert "Predicted by champion v1." in said(app)
    assert len(app.get("image")) == 1
    assert labels(app) == ["Image", "Boxes as JSON", "Boxes as CSV"]


def test_a_photo_from_the_camera(champion: registry.Version) -> None:
    app = open_predict()
    app.session_state["photo_from"] = "The camera"
    app.run()
    taken = file_bytes(picture("paper", LEFT, TOP, 320, 320), "JPEG")
    app.camera_input(key="photo_camera").set_value(("shot.jpg", taken, "image/jpeg")).run()
    assert not app.exception
    assert app.dataframe[0].value["class"].tolist() == ["paper"]


def test_the_slider_decides_what_counts(champion: registry.Version) -> None:
    half = file_bytes(picture("rock", LEFT + 4, TOP, 320, 320), "PNG")  # the model is less sure of what lies askew
    app = show(open_predict(), half)
    confidence: float = app.dataframe[0].value["confidence"][0]
    assert 0.4 < confidence < 0.9
    app.slider(key="photo_confidence").set_value(0.95).run()
    assert "Nothing detected." in said(app)
    assert not app.dataframe


def test_a_photo_without_a_hand_says_so(champion: registry.Version) -> None:
    assert "Nothing detected. Lower the confidence threshold" in said(show(open_predict(), NOBODY)).replace("**", "")


def test_without_a_champion_the_model_that_ships_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_colour_model(tmp_path / "shipped")
    for module in ("core.workloads.rps.starter", "core.workloads.rps.workload"):
        monkeypatch.setattr(f"{module}.starter_folder", lambda: tmp_path / "shipped")
    model_store._predictor.clear()
    app = show(open_predict(), HAND)
    model_store._predictor.clear()
    assert app.dataframe[0].value["class"].tolist() == ["paper"]
    assert "Predicted by the starter model." in said(app)


def test_what_programs_get() -> None:
    pixels = picture("rock", 10, 20)
    found = SquareDetector().detect(pixels)
    (row,) = to_rows(found, CLASSES)
    assert row == {"label": "rock", "confidence": 0.9, "left": 10.0, "top": 20.0, "right": 90.0, "bottom": 100.0}
    assert json.loads(to_json(found, CLASSES, pixels, "v7")) == {
        "model": "v7",
        "width": 320,
        "height": 240,
        "boxes": [row],
    }
    assert to_csv(found, CLASSES) == "label,confidence,left,top,right,bottom\r\nrock,0.9,10.0,20.0,90.0,100.0\r\n"


def test_a_file_that_is_no_photo_is_told(champion: registry.Version, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_predict()
    for data, words in (
        (b"x1,x2\n1,2\n", "This is not an image that can be opened"),
        (b"", "The file is empty"),
        (HAND[: len(HAND) // 2], "damaged or truncated"),
        (file_bytes(picture(width=30_000, height=8), "PNG"), "no side may be longer than 20,000"),
    ):
        show(app, data)
        assert words in said(app)
        assert not app.get("image")


@pytest.mark.usefixtures("champion")
@pytest.mark.parametrize(
    ("data", "words"),
    [(b"x1,x2\n1,2\n", "This is not a video"), (b"\x1a\x45\xdf\xa3" + bytes(50), "damaged or truncated")],
)
def test_a_bad_video_is_refused_at_once(settings: Settings, data: bytes, words: str) -> None:
    assert words in said(send(open_predict("Video"), data))
    assert jobs.listed() == []
    assert not list(settings.uploads_dir.iterdir())


def test_a_video_that_is_too_long_is_refused_at_once(
    champion: registry.Version, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIFUMI_VIDEO_MAX_S", "1")
    get_settings.cache_clear()
    app = open_predict("Video")
    assert "A video of at most 1 seconds" in said(app)
    send(app, write_video(tmp_path / "given.mp4", [None] * 20).read_bytes())
    assert "The video is 2 s long; the limit is 1 s" in said(app)
    assert not list(settings.uploads_dir.iterdir())


def test_while_prefect_is_down_the_video_is_not_kept(
    champion: registry.Version, settings: Settings, tmp_path: Path
) -> None:
    app = send(open_predict("Video"), write_video(tmp_path / "given.mp4", ["rock"] * 3).read_bytes())
    assert "Not started. The Prefect server does not respond" in said(app)
    assert not list(settings.uploads_dir.iterdir())


def test_the_answered_video_is_shown_to_its_owner_only(
    champion: registry.Version, settings: Settings, tmp_path: Path
) -> None:
    write_video(settings.uploads_dir / "given.mp4", [*["rock"] * 3, None])
    job = jobs._claim(jobs.PREDICT_VIDEO, "rps", {}, "eve", "flow-run")
    answered = video_predictions.predict_video("rps", "given.mp4", 0.5, job.id, silent)
    result = {"version": answered.version, "video": answered.video, "table": answered.table}
    jobs.finish(job.id, jobs.COMPLETED, video_predictions.summary(answered), result)

    app = open_predict("Video")
    assert len(app.get("video")) == 1
    assert labels(app)[1] == "Boxes as CSV"
    other = open_predict("Video", Role.ADMIN, "bob")
    assert not other.get("video")
    assert labels(other) == []
    (settings.outputs_dir / answered.video).unlink()
    app.run()
    assert "results are kept for a week" in said(app)
