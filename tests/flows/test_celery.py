"""Heavy steps through real workers: over Redis, which may forget, and by workers that are killed."""

from __future__ import annotations

import io
import signal
from pathlib import Path
from typing import Any

import pytest
import redis

from core.auth.roles import Actor, Role
from core.config.messages import render, say
from core.config.progress import silent
from core.config.settings import Settings
from core.jobs import jobs, progress_relay, work_items
from core.models import promotion, registry
from core.predictions import files as prediction_files
from core.workloads import get_workload
from core.workloads.base import ObservableTraining, TrainingProgress
from flows import task_registry
from tests.hands import QUICK, signs
from tests.learning import make_dataset
from tests.ports import free_port
from tests.waiting import wait_until
from tests.workers import (
    EMBEDDED,
    Handed,
    a_job,
    another_machine,
    hand_over,
    processes_at_work,
    redis_server,
    use_broker,
    worker,
)

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("mlflow_store")]

EDITOR = Actor("ed", Role.EDITOR)
ROWS = 400_000  # enough work to be killed in


def train_arguments(**choices: int) -> dict[str, Any]:
    return task_registry.training("linear", make_dataset(**choices).id, None)


def file_arguments(job: jobs.Job) -> dict[str, Any]:
    csv = prediction_files.template("linear").encode()
    upload = prediction_files.save_upload(EDITOR, "linear", io.BytesIO(csv))
    return {"workload": "linear", "upload": upload, "job_id": job.id}


def answer_of(job: jobs.Job, result: dict[str, Any]) -> bytes:
    jobs.finish(job.id, jobs.COMPLETED, (), result)
    return prediction_files.output_path(Actor(job.created_by, Role.VIEWER), job.id).read_bytes()


def fitting(handed: Handed) -> None:
    handed.reaches(lambda item: "Fitting" in render(item.message), "the training to be under way")


def test_training_and_a_file_through_redis_that_is_down_and_then_forgets(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    use_broker(monkeypatch, f"redis://127.0.0.1:{port}/0")
    training = hand_over(task_registry.TRAIN, train_arguments())
    wait_until(lambda: training.told, what="words for who waits")
    assert "The broker does not respond; retrying" in str(training.told[-1][1])
    with redis_server(tmp_path, port) as broker:
        wait_until(lambda: broker.llen("default") > 0, what="the notification to be queued")
        wait_until(lambda: "No worker consumes the queue default" in str(training.told[-1][1]), what="words for it")
        assert training.item().state == work_items.WAITING
        broker.flushall()
        _train_and_answer(training)


def _train_and_answer(training: Handed) -> None:
    with worker("--concurrency", "2"):
        assert training.ended() == {"version": 1}
        assert training.told[-1] == (1.0, say("training.registered", version=1))
        shares = [share for share, _ in training.told]
        assert shares == sorted(shares) and len(shares) >= 4
        promotion.promote(Actor("root", Role.ADMIN), "linear", 1)
        there, here = a_job(jobs.PREDICT_FILE), a_job(jobs.PREDICT_FILE, username="eve")
        by_worker = hand_over(task_registry.PREDICT_FILE, file_arguments(there), there).ended()
    by_ourselves = task_registry.run_task(task_registry.PREDICT_FILE, file_arguments(here), silent)
    assert by_worker["rows"] == by_ourselves["rows"] == 6
    assert answer_of(there, by_worker) == answer_of(here, by_ourselves)


def test_a_worker_killed_in_mid_training_is_replaced_and_one_version_registered(redis_broker: redis.Redis) -> None:
    training = hand_over(task_registry.TRAIN, train_arguments(rows=ROWS))
    with worker(name="first") as first:
        fitting(training)
        orphans = processes_at_work(first)
        assert len(orphans) == 1
        first.tree()[0].send_signal(signal.SIGKILL)
        wait_until(lambda: not orphans[0].is_running(), what="the orphaned training to end itself")
        with worker(name="second"):
            assert training.ended()["version"] == 1
    item = training.item()
    assert (item.worker, item.attempts) == ("second", 2)
    assert [version.version for version in registry.versions("linear")] == [1]


def test_crashing_misrouted_and_refused_work(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """One worker of the embedded broker, which listens to one of two queues, gets all kinds of trouble."""
    use_broker(
        monkeypatch,
        EMBEDDED,
        SHIFUMI_CELERY_GPU_QUEUE="gpu",
        SHIFUMI_CELERY_MAX_ATTEMPTS="2",
    )
    signs(train=1, holdout=1)
    poor = task_registry.training("rps", 1, None)
    with worker("--queues", "default") as child:
        for_a_gpu = hand_over(task_registry.TRAIN, poor, a_job(jobs.CHECK, "rps"))

        crashing = hand_over(task_registry.TRAIN, train_arguments(rows=ROWS, seed=1))
        for attempt in (1, 2):
            crashing.reaches(
                lambda item, n=attempt: item.attempts == n and "Fitting" in render(item.message), "an attempt"
            )
            [process] = processes_at_work(child)
            process.send_signal(signal.SIGKILL)
        with pytest.raises(work_items.WorkLostError, match=r"killed or crashed 2 times.*SIGKILL.*memory"):
            crashing.ended()
        assert registry.versions("linear") == []

        assert for_a_gpu.item().state == work_items.WAITING, "the worker does not listen to the queue gpu"
        assert "Start one: python3 manage.py worker --queues gpu" in str(for_a_gpu.told[-1][1])
    with worker("--queues", "gpu"), pytest.raises(ValueError, match="Too few training images") as refusal:
        for_a_gpu.ended()
    assert type(refusal.value).__name__ == "TooFewImagesError"


def test_a_fine_tuning_on_another_machine_is_watched_and_ended_early_from_here(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_broker(monkeypatch, EMBEDDED, **{**QUICK, "SHIFUMI_RPS_EPOCHS": "300", "SHIFUMI_RPS_PATIENCE": "0"})
    learnt = get_workload("rps")
    assert isinstance(learnt, ObservableTraining)
    dataset = signs(train=5, holdout=1)
    with worker(**another_machine(tmp_path / "there")):
        training = hand_over(
            task_registry.TRAIN, task_registry.training("rps", dataset.id, None), a_job(jobs.CHECK, "rps")
        )

        def two_epochs() -> TrainingProgress | None:
            seen = progress_relay.training_progress(learnt, training.job)
            return seen if seen is not None and len(seen.figures["mAP50"]) >= 2 else None

        seen = wait_until(two_epochs, timeout=120, what="the curves of two epochs")
        assert seen is not None and "of 300" in str(seen.words) and not seen.stopping
        assert learnt.training_progress(training.job.created_at) is None, "nothing is trained on this machine"
        assert progress_relay.stop_early(EDITOR, learnt, training.job)
        version = registry.get_version("rps", training.ended()["version"])
    learned = registry.client().get_run(version.run_id).data.params
    assert learned["stopped_by_hand"] == "True"
    assert 2 <= int(learned["epochs_run"]) < 300
