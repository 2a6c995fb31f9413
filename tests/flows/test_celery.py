"""Heavy steps through real workers, over Redis and over the embedded broker."""

from __future__ import annotations

import io
import signal

import pytest
import redis

from core import jobs, prediction_files, registry
from core.auth.roles import Actor, Role
from core.work import items, kinds
from core.workloads.base import silent
from tests.learning import make_dataset
from tests.workers import a_job, hand_over, worker

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("mlflow_store")]

EDITOR = Actor("ed", Role.EDITOR)
ROWS = 400_000  # enough work to be killed in


def train_arguments(**choices: int) -> dict[str, object]:
    return kinds.training("linear", make_dataset(**choices).id, None)


def test_training_and_a_file_through_redis_even_when_it_forgets(redis_broker: redis.Redis) -> None:
    training = hand_over(kinds.TRAIN, train_arguments())
    training.reaches(lambda item: redis_broker.llen("default") > 0, "the bell to ring")
    assert training.item().state == items.WAITING
    redis_broker.flushall()
    with worker("--concurrency", "2"):
        assert training.ended() == {"version": 1}
        assert {"Fitted", "Version 1 registered"} & {message for _, message in training.told}
        shares = [share for share, _ in training.told]
        assert shares == sorted(shares)
        registry.promote(Actor("root", Role.ADMIN), "linear", 1)
        csv = prediction_files.template("linear").encode()
        asked = {"workload": "linear"}
        outputs = []
        for do in (hand_over, None):
            job = a_job(jobs.PREDICT_FILE)
            upload = prediction_files.keep_upload(EDITOR, "linear", io.BytesIO(csv))
            arguments = {**asked, "upload": upload, "job_id": job.id}
            if do is not None:
                result = do(kinds.PREDICT_FILE, arguments, job).ended()
            else:
                result = kinds.do(kinds.PREDICT_FILE, arguments, silent)
            jobs.finish(job.id, jobs.COMPLETED, "", result)
            outputs.append(prediction_files.output_of(EDITOR, job.id).read_bytes())
        assert outputs[0] == outputs[1] and outputs[0].count(b"\n") == 7


def test_a_worker_killed_in_mid_training_is_replaced_and_one_version_registered(redis_broker: redis.Redis) -> None:
    training = hand_over(kinds.TRAIN, train_arguments(rows=ROWS))
    with worker(name="first") as first:
        training.reaches(lambda item: "Fitting" in item.message, "the training to be under way")
        with worker(name="second"):
            for process in first.tree():
                process.send_signal(signal.SIGKILL)
            assert training.ended()["version"] == 1
    item = training.item()
    assert (item.worker, item.attempts) == ("second", 2)
    assert [version.version for version in registry.versions("linear")] == [1]
