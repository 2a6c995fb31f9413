"""Workers in trouble, longer and rougher than the tests: frozen and thawed, stopped, with a broker that goes away."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.catalog import migrate
from core.cli.shutdown import stop_all
from core.config.messages import render
from core.config.settings import Settings, get_settings
from core.jobs import jobs, work_items
from core.models import registry
from flows import celery_app, task_registry
from tests.e2e.stack import Running, free_ports
from tests.learning import make_dataset
from tests.ports import free_port
from tests.waiting import wait_until
from tests.workers import EMBEDDED, a_job, hand_over, processes_at_work, redis_server, use_broker, worker

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("mlflow_store")]
ROWS = 1_000_000


def versions() -> list[int]:
    return sorted(version.version for version in registry.versions("linear"))


def test_a_worker_that_is_frozen_until_another_has_its_work_changes_nothing_when_it_thaws(folder_broker: None) -> None:
    training = hand_over(task_registry.TRAIN, task_registry.training("linear", make_dataset(rows=ROWS).id, None))
    with worker(name="frozen") as frozen:
        training.reaches(lambda item: "Fitting" in render(item.message), "the training to be under way")
        tree = frozen.tree()
        [at_work] = processes_at_work(frozen)
        for process in tree:
            process.send_signal(signal.SIGSTOP)
        with worker(name="quick"):
            assert training.ended() == {"version": 1}
        for process in tree:
            process.send_signal(signal.SIGCONT)
        wait_until(lambda: not at_work.is_running(), timeout=15, what="the thawed training to end itself")
        item = training.item()
        assert (item.state, item.worker, item.attempts, item.result) == (work_items.DONE, "quick", 2, {"version": 1})
        assert versions() == [1]
        later = hand_over(task_registry.TRAIN, task_registry.training("linear", make_dataset(seed=2).id, None))
        assert later.ended() == {"version": 2}, "the thawed worker goes on with other work"


def test_a_worker_that_is_stopped_gives_back_what_it_has_at_once_and_without_blame(folder_broker: None) -> None:
    training = hand_over(task_registry.TRAIN, task_registry.training("linear", make_dataset(rows=ROWS).id, None))
    with worker(name="going") as going:
        training.reaches(lambda item: "Fitting" in render(item.message), "the training to be under way")
        assert stop_all([going], lambda: False) == []
        assert going.exit_code == 0
    item = training.item()
    assert (item.state, item.attempts) == (work_items.WAITING, 0)
    with worker(name="coming"):
        assert training.ended() == {"version": 1}
    assert (training.item().worker, training.item().attempts) == ("coming", 1)


def test_redis_goes_away_and_comes_back_while_a_worker_works(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    use_broker(monkeypatch, f"redis://127.0.0.1:{port}/0")
    with redis_server(tmp_path, port):
        training = hand_over(task_registry.TRAIN, task_registry.training("linear", make_dataset(rows=ROWS).id, None))
        stack = worker(name="steady")
        stack.__enter__()
        training.reaches(lambda item: "Fitting" in render(item.message), "the training to be under way")
    try:
        assert training.ended() == {"version": 1}
        assert training.item().attempts == 1, "the broker is not needed to finish"
        second = hand_over(task_registry.TRAIN, task_registry.training("linear", make_dataset(seed=2).id, None))
        wait_until(lambda: any("does not respond" in said for _, said in second.told), what="words about the broker")
        with redis_server(tmp_path, port):
            assert second.ended() == {"version": 2}
            assert second.item().worker == "steady"
    finally:
        stack.__exit__(None, None, None)


@pytest.fixture
def postgres_catalog(settings: Settings, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHIFUMI_DATABASE_URL", postgres_url)
    get_settings.cache_clear()
    migrate.upgrade()
    yield
    migrate.downgrade("base")


def test_on_postgresql_three_workers_and_a_killer_do_each_thing_once(
    postgres_catalog: None, redis_broker: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIFUMI_CELERY_MAX_ATTEMPTS", "20")
    get_settings.cache_clear()
    chance = random.Random(4)
    datasets = [make_dataset(rows=100_000, seed=seed) for seed in range(8)]
    with worker(name="a") as one, worker(name="b") as two, worker("--concurrency", "2", name="c") as three:
        # The first one makes the model's entry in the registry: the product never trains a workload twice at a time.
        assert hand_over(task_registry.TRAIN, task_registry.training("linear", datasets[0].id, None)).ended() == {
            "version": 1
        }
        handed = [
            hand_over(
                task_registry.TRAIN,
                task_registry.training("linear", dataset.id, None),
                a_job(workload=f"linear-{dataset.id}"),
            )
            for dataset in datasets[1:]
        ]
        killed = 0
        while any(one.thread.is_alive() for one in handed):
            for single in handed:
                item = single.item()
                if item is not None and item.state != work_items.DONE:
                    celery_app.notify_workers(item.id, item.queue)  # again and again: one effect
            at_work = [process for child in (one, two, three) for process in processes_at_work(child)]
            if at_work and killed < 6:
                chance.choice(at_work).send_signal(signal.SIGKILL)
                killed += 1
            handed[0].thread.join(1.0)
        results = [single.ended()["version"] for single in handed]
    assert killed >= 3
    assert versions() == list(range(1, len(datasets) + 1))
    assert sorted(results) == versions()[1:]


def test_run_starts_a_worker_beside_the_other_bricks_and_takes_it_down_with_them(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = free_ports()
    for name, value in ports.items():
        monkeypatch.setenv(name, value)
    use_broker(monkeypatch, EMBEDDED, SHIFUMI_RUNNER_WARM="true")
    make_dataset()
    stack = Running(settings.data_dir, ports)
    try:
        stack.wait_healthy("workbench", "api", "prefect", "runner", "worker")
        from tests.flows.driving import EDITOR, ended

        done = ended(jobs.submit(EDITOR, jobs.CHECK, "linear", {"forced": True}))
        assert done.state == jobs.COMPLETED, done.message
        make_dataset(rows=ROWS, seed=2)
        job = jobs.submit(EDITOR, jobs.CHECK, "linear", {"forced": True})
        wait_until(lambda: work_items.running_of(job.id), timeout=60, what="the worker at work")
        assert stack.stop() < 10
        assert versions() == [1]
    finally:
        stack.kill()
