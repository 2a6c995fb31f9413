"""From an upload to its answer, and what must not be left behind on the way."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.auth.roles import Actor, ForbiddenError, Role
from core.catalog.engine import writing
from core.catalog.tables import Job
from core.config.progress import silent
from core.config.settings import ROOT, Settings
from core.jobs import jobs
from core.jobs import outputs as job_outputs
from core.models import registry
from core.models.serving import load_served
from core.predictions import files
from core.storage.csv_rows import BadFileError
from core.storage.lake import DiskFullError
from tests.learning import first_champion

ANN, BEN = Actor("ann", Role.VIEWER), Actor("ben", Role.ADMIN)


def upload(text: str, actor: Actor = ANN) -> str:
    return files.save_upload(actor, "linear", io.BytesIO(text.encode()))


def finished_job(answered: files.PredictedFile, actor: Actor = ANN, **more: Any) -> Job:
    job = Job(
        id="job-1",
        kind=jobs.PREDICT_FILE,
        workload="linear",
        created_by=actor.username,
        state=jobs.COMPLETED,
        result={"output": answered.output},
        **more,
    )
    with writing() as session:
        session.add(job)
    return job


@pytest.fixture
def champion(mlflow_store: Path) -> registry.Version:
    return first_champion()


def test_rows_come_back_in_order_with_the_champions_answer(
    champion: registry.Version, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_TELL_EVERY_S", 0.0)
    random = np.random.default_rng(5)
    features = random.normal(size=(50_000, 2))
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["id", "x2", "x1"], *([f"0{i}", b, a] for i, (a, b) in enumerate(features.tolist()))])
    seen: list[tuple[float, str]] = []
    answered = files.predict_file("linear", upload(text.getvalue()), "job-1", lambda *told: seen.append(told))

    assert (answered.rows, answered.version, answered.output) == (50_000, champion.version, "job-1.csv")
    with (settings.outputs_dir / answered.output).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "x2", "x1", "predicted", "probability"]
    assert [row[0] for row in rows[1:]] == [f"0{i}" for i in range(50_000)]
    expected = load_served(champion).predictor.probabilities(features)[:, 1]
    assert np.array([float(row[4]) for row in rows[1:]]).tolist() == expected.tolist()
    assert [int(row[3]) for row in rows[1:]] == (expected > 0.5).astype(int).tolist()
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert 0.3 < shares[0] < 0.5
    assert shares[-1] == pytest.approx(0.99, abs=0.02)
    assert not list(settings.uploads_dir.iterdir())


def test_progress_is_told_once_a_second_at_most(champion: registry.Version) -> None:
    seen: list[str] = []
    text = "x1,x2\n" + "1,2\n" * 100_000
    begun = time.monotonic()
    files.predict_file("linear", upload(text), "job-1", lambda _share, message: seen.append(message))
    assert 1 <= len(seen) <= 1 + (time.monotonic() - begun) / files._TELL_EVERY_S
    assert str(seen[0]) == "20,000 rows predicted"


def test_columns_named_like_ours_are_replaced(champion: registry.Version, settings: Settings) -> None:
    first = files.predict_file("linear", upload("x1,x2,note\n1,1,a\n"), "first", silent)
    again = files.predict_file("linear", upload((settings.outputs_dir / first.output).read_text()), "again", silent)
    assert files.first_rows(settings.outputs_dir / again.output) == files.first_rows(
        settings.outputs_dir / first.output
    )


def test_a_bad_row_far_down_leaves_nothing_behind(champion: registry.Version, settings: Settings) -> None:
    name = upload("x1,x2\n" + "1,2\n" * 30_000 + "1,oops\n")
    with pytest.raises(BadFileError, match="Line 30002, column x2: “oops”"):
        files.predict_file("linear", name, "job-1", silent)
    assert not list(settings.uploads_dir.iterdir())
    assert not list(settings.outputs_dir.iterdir())


def test_an_interrupted_answer_leaves_nothing_behind(champion: registry.Version, settings: Settings) -> None:
    def pulled(_share: float, _message: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.predict_file("linear", upload("x1,x2\n1,2\n"), "job-1", pulled)
    assert not list(settings.uploads_dir.iterdir())
    assert not list(settings.outputs_dir.iterdir())


def test_without_a_model_the_file_is_not_answered(mlflow_store: Path) -> None:
    with pytest.raises(BadFileError, match="There is no model yet"):
        files.predict_file("linear", upload("x1,x2\n1,2\n"), "job-1", silent)


def test_an_upload_that_is_gone_says_so(champion: registry.Version) -> None:
    with pytest.raises(BadFileError, match="Upload it again"):
        files.predict_file("linear", "nothing.csv", "job-1", silent)


def test_a_run_cannot_be_pointed_at_files_elsewhere(champion: registry.Version, settings: Settings) -> None:
    outside = settings.data_dir / "outside.csv"
    outside.write_text("x1,x2\n1,2\n")
    with pytest.raises(BadFileError, match="no longer exists"):
        files.predict_file("linear", "../outside.csv", "job-1", silent)
    assert outside.exists()
    answered = files.predict_file("linear", upload("x1,x2\n1,2\n"), "../../escaped", silent)
    assert (settings.outputs_dir / answered.output).name == "escaped.csv"


@pytest.mark.parametrize("content", ["", "x1,x2\n", "a,b\n1,2\n", "x1,x2\n1,nan\n"])
def test_what_can_be_seen_at_once_is_refused_at_once(content: str, settings: Settings) -> None:
    with pytest.raises(BadFileError):
        upload(content)
    assert not list(settings.uploads_dir.iterdir())


def test_a_file_over_the_limit_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "upload_max_mb", 1)
    with pytest.raises(BadFileError, match="The file is 1 MB; the limit is 1 MB"):
        upload("x1,x2\n" + "1,2\n" * 250_000)
    assert not list(settings.uploads_dir.iterdir())


def test_a_full_disk_is_told_before_anything_is_written(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "min_free_disk_mb", 10**9)
    with pytest.raises(DiskFullError, match="Not enough disk"):
        upload("x1,x2\n1,2\n")
    assert not list(settings.uploads_dir.iterdir())


def test_a_large_file_is_answered_in_little_memory(champion: registry.Version, settings: Settings) -> None:
    source = settings.uploads_dir / "large.csv"
    with source.open("w") as file:
        file.write("x1,x2\n")
        file.writelines("0.123456789012345,-0.123456789012345\n" * 1_000 for _ in range(100))
    with source.open("rb") as content:
        tracemalloc.start()
        try:
            name = files.save_upload(ANN, "linear", content)
            answered = files.predict_file("linear", name, "job-1", silent)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert answered.rows == 100_000
    assert peak < 15_000_000  # all its rows at once take more than twice that


def test_old_files_are_swept_when_a_new_one_comes(settings: Settings) -> None:
    old, young = settings.outputs_dir / "old.csv", settings.uploads_dir / "young.csv"
    for path in (old, young):
        path.write_text("x")
    long_ago = time.time() - 8 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    upload("x1,x2\n1,2\n")
    assert not old.exists()
    assert young.exists()


def test_a_discarded_upload_is_gone(settings: Settings) -> None:
    files.discard_upload(upload("x1,x2\n1,2\n"))
    assert not list(settings.uploads_dir.iterdir())


def test_only_the_owner_fetches_a_result(settings: Settings) -> None:
    (settings.outputs_dir / "job-1.csv").write_text("x1,x2,predicted,probability\n1,2,1,0.9\n")
    job = finished_job(files.PredictedFile(1, 1, "job-1.csv"))
    assert files.first_rows(files.output_path(ANN, job.id))[0]["probability"] == "0.9"
    with pytest.raises(ForbiddenError, match="Only the user who uploaded"):
        files.output_path(BEN, job.id)


def test_a_result_that_is_not_there_says_why(settings: Settings) -> None:
    with pytest.raises(LookupError, match="has no result"):
        files.output_path(ANN, "unknown")
    job = finished_job(files.PredictedFile(1, 1, "../catalog.db"))
    with pytest.raises(LookupError, match="kept for a week"):
        files.output_path(ANN, job.id)


def test_the_template_is_a_file_that_is_taken() -> None:
    assert upload(files.template("linear")).endswith(".csv")


def test_another_process_never_writes_into_an_unfinished_answer(settings: Settings) -> None:
    """A worker that was taken for dead may thaw beside its successor."""
    ours = job_outputs.unfinished("j1.csv")
    ours.write_text("half an answer", encoding="utf-8")
    other = (
        "from core.jobs import outputs as job_outputs; "
        "job_outputs.unfinished('j1.csv').write_text('late'); job_outputs.keep('j1.csv')"
    )
    subprocess.run([sys.executable, "-c", other], cwd=ROOT, check=True, env=os.environ)
    assert ours.read_text(encoding="utf-8") == "half an answer"
    job_outputs.keep("j1.csv")
    assert (settings.outputs_dir / "j1.csv").read_text(encoding="utf-8") == "half an answer"
