"""What surrounds the work items: errors that travel, queues, brokers, workers heard of, curves through the catalog."""

import json
import math
import os
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest

from core.auth import audit
from core.auth.roles import Actor, ForbiddenError, Role
from core.catalog.tables import Job, utcnow
from core.catalog.work_tables import Worker
from core.cli.__main__ import main
from core.cli.checks.workers import check_workers
from core.cli.stack import stack
from core.config.messages import say, text
from core.config.progress import silent
from core.config.settings import Settings, get_settings
from core.config.settings_table import rows
from core.jobs import jobs, progress_relay, work_errors, work_items, workers
from core.jobs.broker import broker_problem
from core.monitoring.health import component_states
from core.monitoring.run_record import ProcessRecord, RunRecord, write_run_record
from core.storage.datasets import NoDatasetError
from core.storage.lake import DiskFullError
from core.workloads import get_workload
from core.workloads.base import TrainingProgress
from core.workloads.images.minimum_data import TooFewImagesError
from flows import celery_app, task_registry
from flows.check import may_pass
from tests.learning import make_dataset
from tests.ports import free_port
from tests.workers import EMBEDDED, a_job, use_broker

EDITOR, VIEWER = Actor("ed", Role.EDITOR), Actor("vic", Role.VIEWER)


class _NotOursError(Exception):
    pass


@pytest.mark.parametrize(
    "error",
    [TooFewImagesError("too few"), NoDatasetError("none"), ValueError("x"), DiskFullError("full"), KeyError("a")],
)
def test_an_error_of_ours_travels_as_itself(error: Exception) -> None:
    back = work_errors.unpacked(json.loads(json.dumps(work_errors.packed(error))))
    assert type(back) is type(error)
    assert str(error) in str(back)


@pytest.mark.parametrize(
    "packed",
    [
        work_errors.packed(_NotOursError("strange")),
        {"module": "os", "name": "system", "message": "strange"},
        {"module": "builtins", "name": "eval", "message": "strange"},
        {"module": "builtins", "name": "KeyboardInterrupt", "message": "strange"},
        {"module": "core.nothing", "name": "Error", "message": "strange"},
    ],
)
def test_what_is_no_error_of_ours_is_told_but_never_called(packed: dict[str, str]) -> None:
    back = work_errors.unpacked(packed)
    assert type(back) is work_errors.WorkFailedError
    assert str(back) == "strange"


@pytest.mark.parametrize(
    ("error", "again"),
    [(TooFewImagesError("few"), False), (work_items.WorkLostError("lost"), False), (RuntimeError("a store"), True)],
)
def test_prefect_tries_again_only_what_may_pass(error: Exception, again: bool) -> None:
    class _State:
        def result(self, raise_on_failure: bool) -> Exception:
            return work_errors.unpacked(work_errors.packed(error))

    assert may_pass(None, None, _State()) is again  # type: ignore[arg-type]


def test_only_trainings_that_profit_go_to_the_gpu_and_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def queue(kind: str, workload: str) -> str:
        return task_registry.queue_of(get_settings(), kind, {"workload": workload})

    assert queue(task_registry.TRAIN, "rps") == "default"
    use_broker(monkeypatch, EMBEDDED, SHIFUMI_CELERY_GPU_QUEUE="gpu")
    assert queue(task_registry.TRAIN, "rps") == "gpu"
    assert queue(task_registry.TRAIN, "linear") == queue(task_registry.PREDICT_VIDEO, "rps") == "default"
    assert workers.used_queues(get_settings()) == ["default", "gpu"]


def test_a_worker_with_other_settings_does_not_train_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = task_registry.training("rps", [1], None)
    monkeypatch.setenv("SHIFUMI_RPS_EPOCHS", "3")
    get_settings.cache_clear()
    with pytest.raises(task_registry.SettingsDifferError, match=r"\(epochs\).*SHIFUMI_RPS_"):
        task_registry.run_task(task_registry.TRAIN, asked, silent)


def test_work_that_cannot_be_done_says_why() -> None:
    with pytest.raises(LookupError, match=r"does not know work items of the kind .dance"):
        task_registry.run_task("dance", {}, silent)
    with pytest.raises(LookupError, match="dataset was deleted"):
        task_registry.run_task(task_registry.TRAIN, task_registry.training("linear", [99], None), silent)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CELERY_BROKER_URL", "http://example"),
        ("CELERY_QUEUES", "default,"),
        ("CELERY_QUEUES", "../x"),
        ("CELERY_GPU_QUEUE", "a b"),
        ("CELERY_LEASE_S", "0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"SHIFUMI_{variable}", value)
    get_settings.cache_clear()
    assert main(["doctor"]) == 1
    assert f"SHIFUMI_{variable}" in capsys.readouterr().err
    monkeypatch.delenv(f"SHIFUMI_{variable}")


def test_the_brokers_password_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    use_broker(monkeypatch, f"redis://:sesame@127.0.0.1:{free_port()}/0")
    assert "sesame" not in str([row.value for row in rows(get_settings())])
    assert "sesame" not in broker_problem(get_settings())
    with pytest.raises(celery_app.BrokerUnavailableError) as refusal:
        celery_app.notify_workers("an-item", "default")
    assert "sesame" not in str(refusal.value)


def test_a_broker_that_is_down_is_told_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    use_broker(monkeypatch, f"redis://127.0.0.1:{free_port()}/0")
    assert "does not respond" in broker_problem(get_settings())
    [finding] = check_workers(get_settings())
    assert finding.level == "problem" and "SHIFUMI_CELERY_BROKER_URL" in finding.remedy


def test_workers_are_a_brick_once_a_broker_is_set(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def service() -> list[str]:
        return [f"{one.state}: {one.detail} {one.remedy}" for one in component_states() if one.name == "workers"]

    assert service() == [] and list(check_workers(settings)) == []
    use_broker(monkeypatch, EMBEDDED, SHIFUMI_CELERY_GPU_QUEUE="gpu")
    assert "no worker consumes the queues default and gpu" in service()[0]
    assert "manage.py worker --queues default,gpu" in service()[0]
    here = Worker(name="one", host="h", pid=1, queues=["default"], concurrency=1)
    workers.heartbeat(here)
    assert "queue gpu" in service()[0] and "default and" not in service()[0]
    levels = [(finding.level, finding.text) for finding in check_workers(get_settings())]
    assert [level for level, _ in levels] == ["ok", "ok", "warning"]
    workers.heartbeat(Worker(name="two", host="h", pid=2, queues=["gpu"], concurrency=1))
    assert service() == ["healthy:  "]
    workers.deregister("two")
    write_run_record(get_settings().run_dir, _alive(worker=ProcessRecord("Worker", "healthy")))
    assert "queue gpu" in service()[0] and "manage.py worker" in service()[0], "the one that runs here cannot help"


def _alive(**processes: ProcessRecord) -> RunRecord:
    return RunRecord(os.getpid(), psutil.Process().create_time(), time.time(), processes)


def test_a_worker_that_fell_silent_does_not_count_and_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    workers.heartbeat(Worker(name="old", host="h", pid=1, queues=["default"], concurrency=1))
    later = utcnow() + timedelta(seconds=get_settings().job_stale_s + 1)
    monkeypatch.setattr(workers, "utcnow", lambda: later)
    assert workers.recent_workers() == []
    monkeypatch.setattr(workers, "utcnow", lambda: later + timedelta(days=2))
    workers.heartbeat(Worker(name="new", host="h", pid=2, queues=["default"], concurrency=1))
    monkeypatch.setattr(workers, "utcnow", lambda: utcnow() - timedelta(days=9))
    assert [worker.name for worker in workers.recent_workers()] == ["new"]


def test_run_starts_a_worker_when_a_broker_is_set(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "worker" not in [spec.name for spec in stack(settings)]
    use_broker(monkeypatch, EMBEDDED)
    worker = next(spec for spec in stack(get_settings()) if spec.name == "worker")
    assert "flows.worker" in worker.command and worker.interrupt_first
    note = settings.run_dir / "worker.json"
    assert worker.command[-2:] == ("--ready", str(note))
    note.write_text(json.dumps({"pid": 1, "ready_at": "2026-11-26T04:00:00+00:00"}), encoding="utf-8")
    assert worker.healthy()
    worker.before_start()
    assert not worker.healthy()


def test_a_worker_alone_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["worker"]) == 1
    assert "set SHIFUMI_CELERY_BROKER_URL" in capsys.readouterr().err
    use_broker(monkeypatch, EMBEDDED)
    monkeypatch.setenv("SHIFUMI_DATA_DIR", str(tmp_path / "other"))
    get_settings.cache_clear()
    assert main(["worker"]) == 1
    assert "SHIFUMI_DATABASE_URL" in capsys.readouterr().err
    assert not (tmp_path / "other" / "catalog.db").exists(), "a worker never makes a catalog"


def test_a_worker_alone_refuses_tables_of_another_version(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use_broker(monkeypatch, EMBEDDED)
    monkeypatch.setattr("core.monitoring.health.newest_revision", lambda: "9999")
    assert main(["worker", "--queues", "gpu"]) == 1
    assert "9999" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--concurrency", "0"], ["--queues", "a b"], ["--queues", ""]])
def test_a_worker_alone_refuses_options_that_make_no_sense(
    wrong: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use_broker(monkeypatch, EMBEDDED)
    with pytest.raises(SystemExit) as refusal:
        main(["worker", *wrong])
    assert refusal.value.code == 2
    assert wrong[0] in capsys.readouterr().err


def test_a_curve_with_a_hole_goes_through_the_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL refuses NaN in JSON, and a training that goes astray has some."""
    use_broker(monkeypatch, EMBEDDED)
    job, item = handed_over()
    there = _Watched()
    there.seen = TrainingProgress(text("Epoch 1"), {"boxes": [1.0, float("nan")]}, {})
    progress_relay.ProgressRelay(there, item.id, item.lease_owner or "", utcnow()).relay_once()
    kept = work_items.get(item.id)
    assert kept is not None
    json.dumps(kept.learning, allow_nan=False)
    seen = progress_relay.training_progress(there, job)
    assert seen is not None and seen.losses["boxes"][0] == 1.0 and math.isnan(seen.losses["boxes"][1])


class _Watched:
    """A training that is watched; what it is asked is kept."""

    def __init__(self) -> None:
        self.seen: TrainingProgress | None = None
        self.stopped_by: list[str] = []

    def training_progress(self, since: datetime) -> TrainingProgress | None:
        return self.seen

    def stop_early(self, actor: Actor) -> bool:
        self.stopped_by.append(actor.username)
        return True


def handed_over() -> tuple[Job, work_items.WorkItem]:
    job = a_job(jobs.CHECK, "rps")
    item = work_items.claim(work_items.enqueue(job.id, task_registry.TRAIN, {"workload": "rps"}, "gpu").id, "far-away")
    assert item is not None and item.lease_owner is not None
    return job, item


def test_curves_and_the_wish_to_stop_go_through_the_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    use_broker(monkeypatch, EMBEDDED)
    job, item = handed_over()
    there, nothing_here = _Watched(), _Watched()
    relay = progress_relay.ProgressRelay(there, item.id, item.lease_owner or "", utcnow())
    relay.relay_once()
    assert progress_relay.training_progress(nothing_here, job) is None
    there.seen = TrainingProgress(text("Epoch 2 of 9"), {"boxes": [1.0, 0.5]}, {"mAP50": [0.1, 0.4]}, 1)
    relay.relay_once()
    assert progress_relay.training_progress(nothing_here, job) == there.seen
    with pytest.raises(ForbiddenError):
        progress_relay.stop_early(VIEWER, nothing_here, job)
    relay.relay_once()
    assert there.stopped_by == []
    assert progress_relay.stop_early(EDITOR, nothing_here, job)
    shown = progress_relay.training_progress(nothing_here, job)
    assert shown is not None and shown.stopping, "the page says so before the worker knows"
    relay.relay_once()
    relay.relay_once()
    assert there.stopped_by == ["ed"] and nothing_here.stopped_by == []
    assert audit.latest(10)[0].action == "training.stop"
    jobs.finish(job.id, jobs.COMPLETED, say("job.done"))
    assert progress_relay.training_progress(nothing_here, job) is None
    assert not progress_relay.stop_early(EDITOR, nothing_here, job)


def test_without_a_broker_the_training_beside_the_page_is_asked() -> None:
    job, here = a_job(jobs.CHECK, "rps"), _Watched()
    here.seen = TrainingProgress(text("Epoch 1"), {}, {})
    assert progress_relay.training_progress(here, job) is here.seen
    assert progress_relay.stop_early(EDITOR, here, job) and here.stopped_by == ["ed"]


def test_a_message_of_the_embedded_broker_appears_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kombu's own transport shows an empty file for a moment; a reader that polls at that moment breaks its worker."""
    use_broker(monkeypatch, EMBEDDED)
    folder, done, torn = get_settings().celery_dir / "messages", threading.Event(), []

    def read() -> None:
        while not done.is_set():
            for file in folder.glob("*.msg"):
                if not file.read_text(encoding="utf-8").endswith("}"):
                    torn.append(file.name)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(50):
        celery_app.notify_workers(f"item-{number}", "default")
    done.set()
    reader.join()
    assert torn == []
    assert len(list(folder.glob("*.default.msg"))) == 50
    assert [path for path in folder.iterdir() if path.suffix == ".part"] == []


def test_without_a_broker_the_flow_does_the_work_itself() -> None:
    from flows import dispatch as handover

    dataset = make_dataset()
    asked = task_registry.training("linear", [dataset.id], None)
    assert get_workload("linear").name == asked["workload"]
    with pytest.raises(LookupError, match="does not know"):
        handover.dispatch("dance", a_job().id, asked, silent)
