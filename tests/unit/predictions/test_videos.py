"""Uploaded videos: kept when they can be answered, answered by the champion, fetched by who asked."""

from __future__ import annotations

import csv
from io import BytesIO
from pathlib import Path

import pytest

from core.auth.roles import Actor, ForbiddenError, Role
from core.config.messages import render
from core.config.progress import silent
from core.config.settings import Settings, get_settings
from core.jobs import jobs
from core.jobs import outputs as job_outputs
from core.predictions import videos as video_predictions
from core.storage import lake
from core.vision.video import BadVideoError, inspect_video
from core.vision.video_writer import VideoWriter
from core.workloads.rps import starter
from tests.colour_model import promote_colour_model, write_colour_model
from tests.videos import write_video

EVE, BOB = Actor("eve", Role.VIEWER), Actor("bob", Role.ADMIN)


@pytest.fixture
def content(tmp_path: Path) -> BytesIO:
    """An upload of eight frames, with a hand on five of them."""
    return BytesIO(write_video(tmp_path / "given.mp4", [*["rock"] * 5, *[None] * 3]).read_bytes())


@pytest.fixture
def no_starter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(starter, "starter_folder", lambda: tmp_path / "nothing")


def left(settings: Settings) -> list[str]:
    return [path.name for folder in (settings.uploads_dir, settings.outputs_dir) for path in folder.iterdir()]


def test_the_champion_answers_and_who_asked_fetches_it(
    mlflow_store: Path, settings: Settings, content: BytesIO
) -> None:
    champion = promote_colour_model()
    upload = video_predictions.save_upload(EVE, content, "holiday.MP4")
    assert upload.endswith(".mp4")
    job = jobs._claim(jobs.PREDICT_VIDEO, "rps", {}, "eve", "flow-run")
    answered = video_predictions.predict_video("rps", upload, 0.5, job.id, silent)
    assert (answered.version, answered.watched.frames, answered.watched.found) == (champion.version, 8, 5)
    told = render(video_predictions.summary(answered))
    assert told == "8 frames processed by version 1; objects detected in 5 of them."
    assert sorted(left(settings)) == [f"{job.id}.csv", f"{job.id}.mp4"]

    with pytest.raises(LookupError, match="no result"):
        job_outputs.path_of(EVE, job.id, jobs.PREDICT_VIDEO, "video")
    jobs.finish(job.id, jobs.COMPLETED, (), {"video": answered.video, "table": answered.table})
    assert inspect_video(job_outputs.path_of(EVE, job.id, jobs.PREDICT_VIDEO, "video")).frames == 8
    with job_outputs.path_of(EVE, job.id, jobs.PREDICT_VIDEO, "table").open(encoding="utf-8") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["rock"] * 5
    with pytest.raises(ForbiddenError, match="Only the user who uploaded"):
        job_outputs.path_of(BOB, job.id, jobs.PREDICT_VIDEO, "video")
    with pytest.raises(LookupError, match="no result"):
        job_outputs.path_of(EVE, job.id, jobs.PREDICT_FILE, "video")
    (settings.outputs_dir / answered.video).unlink()
    with pytest.raises(LookupError, match="kept for a week"):
        job_outputs.path_of(EVE, job.id, jobs.PREDICT_VIDEO, "video")


def test_without_a_champion_the_model_that_ships_answers(
    settings: Settings, content: BytesIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_colour_model(tmp_path / "shipped")
    for module in ("core.workloads.rps.starter", "core.workloads.rps.workload"):
        monkeypatch.setattr(f"{module}.starter_folder", lambda: tmp_path / "shipped")
    upload = video_predictions.save_upload(EVE, content, "given.mp4")
    answered = video_predictions.predict_video("rps", upload, 0.5, "job", silent)
    assert (answered.version, answered.watched.found) == (0, 5)
    assert "processed by the starter model" in render(video_predictions.summary(answered))


@pytest.mark.usefixtures("no_starter")
def test_without_any_model_it_says_so(mlflow_store: Path, settings: Settings, content: BytesIO) -> None:
    upload = video_predictions.save_upload(EVE, content, "given.mp4")
    with pytest.raises(BadVideoError, match="There is no model yet"):
        video_predictions.predict_video("rps", upload, 0.5, "job", silent)
    assert left(settings) == []


def test_what_cannot_be_answered_is_not_kept(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadVideoError, match="not a video"):
        video_predictions.save_upload(EVE, BytesIO(b"x1,x2\n1,2\n"), "rows.csv")
    monkeypatch.setenv("SHIFUMI_UPLOAD_MAX_MB", "1")
    get_settings.cache_clear()
    with pytest.raises(BadVideoError, match="the limit is 1 MB"):
        video_predictions.save_upload(EVE, BytesIO(bytes(1_100_000)), "given.mp4")
    monkeypatch.setenv("SHIFUMI_MIN_FREE_DISK_MB", "1000000000")
    get_settings.cache_clear()
    with pytest.raises(lake.DiskFullError):
        video_predictions.save_upload(EVE, BytesIO(b"small"), "given.mp4")
    assert left(settings) == []


def test_an_upload_that_is_gone(settings: Settings) -> None:
    with pytest.raises(BadVideoError, match="The uploaded file no longer exists"):
        video_predictions.predict_video("rps", "../../etc/passwd", 0.5, "job", silent)


def test_a_disk_that_fills_up_in_the_middle_leaves_nothing_behind(
    mlflow_store: Path, settings: Settings, content: BytesIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote_colour_model()
    upload = video_predictions.save_upload(EVE, content, "given.mp4")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(VideoWriter, "add", full)
    with pytest.raises(OSError, match="No space left"):
        video_predictions.predict_video("rps", upload, 0.5, "job", silent)
    assert left(settings) == []
