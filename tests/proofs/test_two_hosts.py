"""Two hosts share the work through Redis and PostgreSQL; one loses its network in the middle. Everything ends right.

    python3 manage.py prove tests/proofs/test_two_hosts.py

Linux and root: the hosts are network namespaces. Flow runner and Prefect are on the machine itself.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.auth.roles import Actor, Role
from core.catalog import engine, migrate
from core.catalog.engine import reading
from core.catalog.tables import Job
from core.catalog.work_tables import WorkItem
from core.cli import process_trees
from core.config.messages import render
from core.config.settings import Settings, get_settings
from core.jobs import jobs, prefect_api, work_items, workers
from core.loop import decisions
from core.models import registry
from core.predictions import files as prediction_files
from tests.flows.driving import EDITOR, ended, quiet
from tests.learning import make_dataset
from tests.ports import free_port
from tests.prefect_server import flow_runner, prefect_server, runner_environment
from tests.proofs.centre import centre
from tests.proofs.hosts import Host, network, possible
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.skipif(not possible(), reason="network namespaces need Linux and root")]

FILES = 8
QUICK = {"SHIFUMI_CELERY_LEASE_S": "8", "SHIFUMI_JOB_HEARTBEAT_S": "1", "SHIFUMI_CHECK_INTERVAL_S": "86400"}


@pytest.fixture
def hosts(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Host]]:
    """Two hosts with a worker each, everything they share, and a flow runner that hands the work over."""
    with ExitStack() as stack:
        found = stack.enter_context(network("a", "b"))
        shared = stack.enter_context(centre(tmp_path)) | QUICK
        for name, value in shared.items():
            monkeypatch.setenv(name, value)
        get_settings.cache_clear()
        migrate.upgrade()
        (tmp_path / "prefect").mkdir()
        api = stack.enter_context(prefect_server(tmp_path / "prefect", free_port()))
        monkeypatch.setenv("PREFECT_API_URL", api)
        get_settings.cache_clear()
        for name, host in found.items():
            stack.enter_context(_worker(host, tmp_path / name, shared))
        stack.enter_context(flow_runner({**runner_environment(), **shared}))
        wait_until(lambda: len(workers.recent_workers()) == 2, timeout=90, what="both workers")
        yield found
        engine.get_engine().dispose()


class _worker:
    """A worker on a host, with a data folder that nobody else has."""

    def __init__(self, host: Host, folder: Path, shared: dict[str, str]) -> None:
        folder.mkdir()
        own = {"SHIFUMI_DATA_DIR": str(folder / "data"), "SHIFUMI_WORKER_METRICS_PORT": "0"}
        command = [sys.executable, "-m", "core.cli", "worker", "--name", host.name]
        self._process = host.start(command, os.environ | shared | own, folder / "worker.out")

    def __enter__(self) -> _worker:
        return self

    def __exit__(self, *_: object) -> None:
        process_trees.kill_all(
            [*process_trees.descendants(self._process.pid), *process_trees.by_pid(self._process.pid)]
        )
        self._process.wait()


def all_items() -> list[WorkItem]:
    with reading() as session:
        return list(session.scalars(select(WorkItem).order_by(WorkItem.created_at)))


def submit_files(number: int) -> list[Job]:
    """That many people upload a file each."""
    made = []
    for index in range(number):
        person = Actor(f"p{index}", Role.VIEWER)
        rows = "x1,x2\n" + "".join(f"{row % 7 - 3},{row % 5 - 2}\n" for row in range(200_000))
        name = prediction_files.save_upload(person, "linear", io.BytesIO(rows.encode()))
        made.append(jobs.submit(person, jobs.PREDICT_FILE, "linear", {"upload": name}))
    return made


def test_two_hosts_share_the_work_and_one_is_cut_off(hosts: dict[str, Host], capsys: Any) -> None:
    make_dataset(rows=20_000)
    assert ended(jobs.submit(EDITOR, jobs.CHECK, "linear", {"forced": True})).state == jobs.COMPLETED

    # Shared: eight files, two hosts.
    done = [ended(job, timeout=240) for job in submit_files(FILES)]
    assert [job.state for job in done] == [jobs.COMPLETED] * FILES, [render(job.message) for job in done]
    shares = {host.name: sum(item.worker == host.name for item in all_items()) for host in hosts.values()}
    assert min(shares.values()) > 0, shares

    # Cut off in the middle of a training.
    make_dataset(rows=3_000_000, seed=2, angle=135)
    before = len(registry.versions("linear"))
    job = jobs.submit(EDITOR, jobs.CHECK, "linear", {"forced": True})
    item = wait_until(lambda: _running_item(job), timeout=120, every=0.05, what="a worker to take the training")
    lost = next(host for host in hosts.values() if host.name == item.worker)
    lost.cut()
    after = ended(job, timeout=300)
    assert after.state == jobs.COMPLETED, after.message
    taken = next(one for one in all_items() if one.id == item.id)
    assert (taken.state, taken.attempts) == (work_items.DONE, 2) and taken.worker != lost.name
    assert len(registry.versions("linear")) == before + 1, "the training had a double effect"
    assert decisions.latest("linear")[0].kind == decisions.PROMOTED

    # Back again: it writes nothing late, and works on.
    lost.join()
    wait_until(
        lambda: any(one.name == lost.name for one in workers.recent_workers()), timeout=120, what="the lost host"
    )
    number = len(all_items())
    assert {ended(one, timeout=240).state for one in submit_files(FILES)} == {jobs.COMPLETED}
    assert any(one.worker == lost.name for one in all_items()[number:]), "the host that came back does nothing"
    assert len(registry.versions("linear")) == before + 1
    quiet()
    assert all(one.state == work_items.DONE for one in all_items())
    assert not prefect_api.runs(["PENDING", "RUNNING", "CANCELLING"], limit=50)
    with capsys.disabled():
        print(f"\nshared work: {shares}; cut off: {lost.name}; the training went to {taken.worker}")


def _running_item(job: Job) -> WorkItem | None:
    found = work_items.running_of(job.id)
    return found if found is not None and found.kind == "train" else None
