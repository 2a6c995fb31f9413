"""A dataset of pictures goes in as a flow run: followed, cancelled in the middle, and taken up again."""

import io
import zipfile

import pytest

from core.auth.roles import Actor, ForbiddenError, Role
from core.config.messages import render
from core.config.settings import Settings
from core.images import archive_import, store
from core.jobs import jobs
from tests.flows.driving import EDITOR, ended
from tests.pictures_of_hands import file_bytes, picture
from tests.prefect_server import flow_runner, runner_environment
from tests.waiting import wait_until

pytestmark = pytest.mark.stack

PICTURES = 600
CLASS_MAPPING = {"Rock": "rock", "Paper": "paper"}


def dataset() -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data.yaml", "names: [Rock, Paper]")
        for seed in range(PICTURES):
            archive.writestr(f"images/person{seed}.jpg", file_bytes(picture(seed, 320, 240)))
            archive.writestr(f"labels/person{seed}.txt", f"{seed % 2} 0.5 0.5 0.2 0.2")
    return buffer


def submit(content: io.BytesIO) -> jobs.Job:
    upload = archive_import.save_upload(EDITOR, content)
    return jobs.submit(EDITOR, jobs.IMPORT, "rps", {"upload": upload, "class_mapping": CLASS_MAPPING})


def test_a_cancelled_import_keeps_whole_pictures_and_the_next_one_goes_on(prefect: str, settings: Settings) -> None:
    with flow_runner(runner_environment()):
        job = submit(dataset())
        with pytest.raises(jobs.JobBusyError):
            submit(dataset())
        wait_until(lambda: store.count() > 5, timeout=60, every=0.02, what="the first pictures")
        jobs.cancel(EDITOR, job.id)
        assert ended(job).state == jobs.CANCELLED
        kept = store.count()
        assert kept < PICTURES, "it was over before it was cancelled"
        assert all(len(image.boxes) == 1 for image in store.listed(limit=PICTURES))
        assert not {image.sha256 for image in store.listed(limit=PICTURES)} - {
            path.stem for path in settings.images_dir.iterdir()
        }

        again = ended(submit(dataset()))
        assert again.state == jobs.COMPLETED, again.message
        assert (again.result["new"], again.result["known"]) == (PICTURES - kept, kept)
        assert sum(store.counts("rps").splits.values()) == PICTURES

        broken = jobs.submit(EDITOR, jobs.IMPORT, "rps", {"upload": "nothing.zip", "class_mapping": {}})
        assert "Upload it again" in render(ended(broken).message)

        proposed = ended(jobs.submit(EDITOR, jobs.PROPOSE, "rps"))
        assert (proposed.state, render(proposed.message)) == (jobs.COMPLETED, "No image needs a label")

        proposed = ended(jobs.submit(EDITOR, jobs.PROPOSE, "rps"))
        assert (proposed.state, render(proposed.message)) == (jobs.COMPLETED, "No image needs a label")


def test_a_viewer_may_not(settings: Settings) -> None:
    with pytest.raises(ForbiddenError, match="Requires the editor role"):
        jobs.submit(Actor("vic", Role.VIEWER), jobs.IMPORT, "rps", {})
