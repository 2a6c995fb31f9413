"""Real brokers and real workers: a Redis of its own on a free port, and the process that ``manage.py`` starts."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
import redis

from core.catalog.tables import Job
from core.cli.processes import Child, ProcessSpec
from core.cli.programs import PROGRAMS
from core.config.messages import Message
from core.config.settings import get_settings
from core.jobs import jobs
from core.jobs.workers import recent_workers
from flows import celery_app
from flows import dispatch as handover
from tests.ports import free_port
from tests.prefect_server import runner_environment, running
from tests.waiting import wait_until

EMBEDDED = "filesystem://"
IMPATIENT = {"SHIFUMI_CELERY_LEASE_S": "2", "SHIFUMI_JOB_HEARTBEAT_S": "0.3", "SHIFUMI_RUNNER_WARM": "false"}


@contextmanager
def redis_server(folder: Path, port: int) -> Iterator[redis.Redis]:
    """A Redis that keeps nothing; gives a client."""
    program = next(one for one in PROGRAMS if one.name == "Redis").find()
    if program is None:
        pytest.skip("Redis is not installed")
    command = [str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server, redis.Redis(port=port) as client:
        try:
            wait_until(lambda: _answers(client), what="Redis to answer")
            yield client
        finally:
            server.kill()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def use_broker(monkeypatch: pytest.MonkeyPatch, url: str, **more: str) -> None:
    """From here on this test, and the workers and runners it starts, use ``url``."""
    for name, value in {**IMPATIENT, "SHIFUMI_CELERY_BROKER_URL": url, **more}.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    get_settings().make_folders()
    celery_app._app.cache_clear()


@pytest.fixture
def redis_broker(tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """A Redis for this test alone, set as its broker."""
    port = free_port()
    with redis_server(tmp_path, port) as client:
        use_broker(monkeypatch, f"redis://127.0.0.1:{port}/0")
        yield client


@pytest.fixture
def folder_broker(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded broker, in this test's data folder."""
    use_broker(monkeypatch, EMBEDDED)


@contextmanager
def worker(*options: str, name: str = "", **more: str) -> Iterator[Child]:
    """A worker that listens; ``options`` as on its command line, ``more`` settings of its own."""
    name = name or f"worker-{uuid4().hex[:6]}"
    spec = ProcessSpec(
        "worker",
        "Worker",
        (sys.executable, "-m", "flows.worker", "--name", name, *options),
        lambda: any(one.name == name for one in recent_workers()) and _ready(name),
        env=runner_environment(**more),
        interrupt_first=True,
    )
    with running(spec, get_settings().data_dir / f"{name}.out") as child:
        yield child


def _ready(name: str) -> bool:
    return f"Worker {name} consumes" in (get_settings().data_dir / f"{name}.out").read_text(encoding="utf-8")


def another_machine(folder: Path) -> dict[str, str]:
    """Settings of a worker with a data folder of its own: catalog, MLflow and files are shared, trainings are not."""
    settings = get_settings()
    folder.mkdir()
    for shared in (settings.lake_dir, settings.images_dir, settings.celery_dir, settings.mlflow_dir):
        (folder / shared.name).symlink_to(shared)
    return {
        "SHIFUMI_DATA_DIR": str(folder),
        "SHIFUMI_DATABASE_URL": settings.catalog_url,
        "MLFLOW_TRACKING_URI": settings.tracking_uri,
    }


def processes_at_work(child: Child) -> list[psutil.Process]:
    """The processes of a worker that do items: each is a child of its fork server, or was spawned by it."""
    found = []
    for process in child.tree():
        with suppress(psutil.NoSuchProcess):
            parent, own = process.parent(), " ".join(process.cmdline())
            forked = parent is not None and "forkserver" in " ".join(parent.cmdline())
            if forked or "spawn_main" in own:
                found.append(process)
    return found


@dataclass
class Handed:
    """Work handed over in a thread, as a flow would."""

    job: Job
    thread: threading.Thread
    told: list[tuple[float, Message]] = field(default_factory=list)
    result: dict[str, Any] | None = None
    error: Exception | None = None

    def item(self) -> Any:
        from sqlalchemy import select

        from core.catalog.engine import reading
        from core.catalog.work_tables import WorkItem

        with reading() as session:
            return session.scalar(select(WorkItem).where(WorkItem.job_id == self.job.id))

    def reaches(self, enough: Callable[[Any], bool], what: str, timeout: float = 60) -> Any:
        """The item once ``enough`` is true of it."""

        def look() -> Any:
            item = self.item()
            return item if item is not None and enough(item) else None

        return wait_until(look, timeout=timeout, every=0.02, what=what)

    def ended(self, timeout: float = 90) -> dict[str, Any]:
        """The result; raises what the flow would see."""
        self.thread.join(timeout)
        assert not self.thread.is_alive(), self.told[-1:]
        if self.error is not None:
            raise self.error
        assert self.result is not None
        jobs.finish(self.job.id, jobs.COMPLETED, (), self.result)
        return self.result


def a_job(kind: str = jobs.CHECK, workload: str = "linear", username: str = "ed") -> Job:
    return jobs._claim(kind, workload, {}, username)


def hand_over(kind: str, arguments: dict[str, Any], job: Job | None = None) -> Handed:
    """Wait for ``kind`` in a thread, telling nobody but the test."""
    handed = Handed(job or a_job(), threading.Thread())

    def wait() -> None:
        try:
            handed.result = handover.dispatch(kind, handed.job.id, arguments, lambda *said: handed.told.append(said))
        except Exception as error:  # noqa: BLE001 - raised again by ended()
            handed.error = error

    handed.thread = threading.Thread(target=wait, daemon=True)
    handed.thread.start()
    return handed
