"""Processes die in mid-run. Nothing says "running" for ever, nothing is doubled, and the next run works."""

import signal
from pathlib import Path

import psutil
import pytest

from core.catalog.tables import Job
from core.config.messages import render
from core.config.settings import Settings, get_settings
from core.jobs import jobs, prefect_api
from core.loop import decisions
from tests.flows.driving import EDITOR, ended
from tests.learning import make_dataset
from tests.ports import free_port
from tests.prefect_server import flow_runner, prefect_spec, runner_environment, running
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("mlflow_store")]

IMPATIENT = {"SHIFUMI_JOB_STALE_S": "3", "SHIFUMI_JOB_HEARTBEAT_S": "0.5"}
TRAINING_ROWS = 3_000_000  # several seconds of work to be killed in


def start_training() -> Job:
    """A retraining that is in the middle of its work."""
    job = jobs.submit(EDITOR, jobs.CHECK, "linear", {"forced": True})

    def fitting() -> bool:
        now = jobs.get(job.id)
        assert now is not None and now.finished_at is None, now and now.message
        return "Fitting" in render(now.message)

    wait_until(fitting, timeout=60, every=0.02, what="the training to be under way")
    return job


def state_in_prefect(job: Job) -> str:
    found = jobs.get(job.id)
    assert found is not None and found.flow_run_id is not None
    return prefect_api.get_run(found.flow_run_id).state_type


def a_later_retrain_works() -> None:
    make_dataset(seed=2)
    job = ended(jobs.submit(EDITOR, jobs.CHECK, "linear", {"forced": True}))
    assert job.state == jobs.COMPLETED, job.message


def test_runner_killed_in_mid_run(prefect: str, settings: Settings) -> None:
    make_dataset(rows=TRAINING_ROWS)
    environment = runner_environment(**IMPATIENT)
    with flow_runner(environment) as runner:
        job = start_training()
        for process in runner.tree():
            process.send_signal(signal.SIGKILL)
    assert state_in_prefect(job) == "RUNNING"
    with flow_runner(environment):
        after = ended(job)
        assert after.state == jobs.CRASHED
        assert [told.code for told in after.message] == ["job.lost"]
        wait_until(lambda: state_in_prefect(job) == "CRASHED", what="Prefect to know")
        assert decisions.latest("linear")[0].kind == decisions.FAILED
        a_later_retrain_works()


def test_flow_process_killed_in_mid_run(prefect: str, settings: Settings) -> None:
    make_dataset(rows=TRAINING_ROWS)
    with flow_runner(runner_environment(**IMPATIENT)) as runner:
        before = {process.pid for process in _busy(runner.tree())}
        job = start_training()
        working = [process for process in _busy(runner.tree()) if process.pid not in before]
        max(working, key=lambda process: process.memory_info().rss).send_signal(signal.SIGKILL)
        assert ended(job).state == jobs.CRASHED
        wait_until(lambda: state_in_prefect(job) == "CRASHED", what="Prefect to know")
        a_later_retrain_works()


def _busy(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Fork server and its children; the runner itself and the resource tracker are not flow runs."""
    return [process for process in processes if "forkserver" in " ".join(process.cmdline())]


def test_cancel_waiting_and_running(prefect: str, settings: Settings) -> None:
    make_dataset(rows=TRAINING_ROWS)
    with flow_runner(runner_environment(**IMPATIENT)):
        prefect_api.deployments()
    waiting = jobs.submit(EDITOR, jobs.CHECK, "linear", {})
    jobs.cancel(EDITOR, waiting.id)
    assert ended(waiting).state == jobs.CANCELLED
    assert state_in_prefect(waiting) == "CANCELLED"
    with pytest.raises(LookupError, match="already ended"):
        jobs.cancel(EDITOR, waiting.id)
    with flow_runner(runner_environment(**IMPATIENT)):
        job = start_training()
        jobs.cancel(EDITOR, job.id)
        assert ended(job).state == jobs.CANCELLED
        wait_until(lambda: state_in_prefect(job) == "CANCELLED", what="Prefect to know")
        a_later_retrain_works()


def test_prefect_server_down_killed_and_restarted(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work in hand goes on without the server; clicks meanwhile are refused with a reason; then all is well."""
    port = free_port()
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{port}/api")
    get_settings.cache_clear()
    with pytest.raises(prefect_api.PrefectUnavailableError, match="does not respond"):
        jobs.submit(EDITOR, jobs.CHECK, "linear", {})
    assert jobs.alive() == [], "a refused click holds the concurrency key"
    make_dataset(rows=TRAINING_ROWS)
    home = tmp_path / "server"
    with (
        running(prefect_spec(home, port), tmp_path / "prefect-1.out") as server,
        flow_runner(runner_environment(**IMPATIENT)),
    ):
        job = start_training()
        for process in server.tree():
            process.send_signal(signal.SIGKILL)
        with pytest.raises(prefect_api.PrefectUnavailableError):
            prefect_api.get_run(job.flow_run_id or "")
        with running(prefect_spec(home, port), tmp_path / "prefect-2.out"):
            after = ended(job, timeout=120)
            assert after.state in {jobs.COMPLETED, jobs.CRASHED, jobs.FAILED}
            wait_until(lambda: state_in_prefect(job) in prefect_api.TERMINAL, timeout=60, what="Prefect to agree")
            a_later_retrain_works()
