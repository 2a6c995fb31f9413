"""A video goes through a real flow run: followed, cancelled in the middle, refused when it is none."""

from pathlib import Path

import pytest

from core.auth.roles import Actor, Role
from core.config.messages import render
from core.config.settings import Settings
from core.jobs import jobs
from core.jobs import outputs as job_outputs
from core.predictions import videos as video_predictions
from core.vision.video import inspect_video
from tests.colour_model import promote_colour_model
from tests.flows.driving import ended
from tests.prefect_server import flow_runner, runner_environment
from tests.videos import write_video
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("mlflow_store")]

EVE = Actor("eve", Role.VIEWER)


def submit(video: Path) -> jobs.Job:
    with video.open("rb") as file:
        upload = video_predictions.save_upload(EVE, file, video.name)
    return jobs.submit(EVE, jobs.PREDICT_VIDEO, "rps", {"upload": upload, "confidence": 0.5})


def test_a_video_is_answered_and_another_cancelled(prefect: str, settings: Settings, tmp_path: Path) -> None:
    promote_colour_model()
    short = write_video(tmp_path / "short.mp4", [*["rock"] * 5, None])
    long = write_video(tmp_path / "long.mp4", [None] * 450, width=640, height=480)
    with flow_runner(runner_environment()):
        done = ended(submit(short))
        assert done.state == jobs.COMPLETED, done.message
        assert render(done.message) == "6 frames processed by version 1; objects detected in 5 of them."
        assert inspect_video(job_outputs.path_of(EVE, done.id, jobs.PREDICT_VIDEO, "video")).frames == 6

        job = submit(long)
        with pytest.raises(jobs.JobBusyError):
            jobs.submit(EVE, jobs.PREDICT_VIDEO, "rps", {"upload": "another.mp4"})

        def under_way() -> bool:
            now = jobs.get(job.id)
            assert now is not None and now.finished_at is None, now and now.message
            return render(now.message).startswith("Frame ")

        wait_until(under_way, timeout=60, every=0.02, what="the first frames")
        jobs.cancel(EVE, job.id)
        assert ended(job).state == jobs.CANCELLED

        def tidied() -> bool:
            kept = {path.name for folder in (settings.uploads_dir, settings.outputs_dir) for path in folder.iterdir()}
            return kept == {f"{done.id}.mp4", f"{done.id}.csv"}

        wait_until(tidied, what="the cancelled run to leave nothing behind")
        gone = jobs.submit(EVE, jobs.PREDICT_VIDEO, "rps", {"upload": "nothing.mp4"})
        assert ended(gone).state == jobs.FAILED
        assert "Upload it again" in render(ended(gone).message)
