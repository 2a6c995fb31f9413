"""Prefect decides, a worker trains: what a person sees is what they see without workers."""

from __future__ import annotations

import pytest

from core.config.messages import render
from core.config.settings import Settings
from core.jobs import jobs, prefect_api, work_items
from core.loop import decisions
from core.models import registry
from tests.flows.driving import EDITOR, ended
from tests.learning import make_dataset
from tests.prefect_server import flow_runner, runner_environment
from tests.waiting import wait_until
from tests.workers import EMBEDDED, processes_at_work, use_broker, worker

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("mlflow_store")]


def test_a_retraining_by_a_worker_is_promoted_and_another_cancelled(
    prefect: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_broker(monkeypatch, EMBEDDED)
    make_dataset()
    with flow_runner(runner_environment()), worker(name="strong") as child:
        done = ended(jobs.submit(EDITOR, jobs.CHECK, "linear", {"forced": True}))
        assert done.state == jobs.COMPLETED, done.message
        assert decisions.latest("linear")[0].kind == decisions.PROMOTED
        champion = registry.champion("linear")
        assert champion is not None
        assert registry.client().get_run(champion.run_id).data.tags["flow_run_id"] == done.flow_run_id

        make_dataset(rows=400_000, seed=2)
        job = jobs.submit(EDITOR, jobs.CHECK, "linear", {"forced": True})

        def fitting() -> bool:
            now = jobs.get(job.id)
            assert now is not None and now.finished_at is None, now and now.message
            return "Fitting" in render(now.message) and 0.3 < now.progress < 0.8

        wait_until(fitting, timeout=60, every=0.02, what="the worker's words on the job")
        item = work_items.running_of(job.id)
        assert item is not None and item.worker == "strong"
        jobs.cancel(EDITOR, job.id)
        assert ended(job).state == jobs.CANCELLED
        wait_until(lambda: not processes_at_work(child), timeout=15, what="the worker to stop")
        wait_until(lambda: prefect_api.get_run(job.flow_run_id or "").terminal, what="Prefect to know")
    after = work_items.get(item.id)
    assert after is not None and after.state == work_items.CANCELLED
    assert [version.version for version in registry.versions("linear")] == [1]
