"""Fine-tuning through the real orchestrator: watched, cancelled, resumed, ended early, decided."""

from __future__ import annotations

from datetime import datetime

import pytest

from core import decisions, jobs, registry
from core.catalog.tables import Job
from core.settings import Settings, get_settings
from core.workloads import get_workload
from core.workloads.base import Watched
from tests.flows.driving import EDITOR, ended
from tests.hands import QUICK, signs
from tests.prefect_server import flow_runner, runner_environment
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("mlflow_store")]
RPS = get_workload("rps")


@pytest.fixture
def choices(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> dict[str, str]:
    """The same settings here and in the runner: a long training of quick epochs."""
    chosen = {**QUICK, "SHIFUMI_RPS_EPOCHS": "300", "SHIFUMI_RPS_PATIENCE": "0"}
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    return chosen


def epochs_done(since: datetime) -> int:
    assert isinstance(RPS, Watched)
    seen = RPS.learning(since)
    return seen.first_epoch - 1 + len(seen.figures["mAP50"]) if seen is not None else 0


def in_training(job: Job, done: int) -> Job:
    """The job once ``done`` epochs of its training are over."""

    def look() -> bool:
        now = jobs.get(job.id)
        assert now is not None and now.finished_at is None, now and now.message
        return epochs_done(job.created_at) >= done

    wait_until(look, timeout=120, what=f"{done} epochs")
    return job


def test_cancelled_resumed_stopped_early_and_still_promoted(prefect: str, choices: dict[str, str]) -> None:
    signs(train=8, holdout=6)
    with flow_runner(runner_environment(**choices)):
        first = in_training(jobs.submit(EDITOR, jobs.CHECK, "rps", {"forced": True}), 2)
        jobs.cancel(EDITOR, first.id)
        assert ended(first).state == jobs.CANCELLED
        assert len(registry.versions("rps")) == 1  # the model that ships, and no half-trained one

        second = in_training(jobs.submit(EDITOR, jobs.CHECK, "rps", {"forced": True}), 4)
        assert isinstance(RPS, Watched) and RPS.stop_early(EDITOR)
        done = ended(second)
    assert done.state == jobs.COMPLETED, done.message
    decision = decisions.latest("rps")[0]
    assert decision.kind == decisions.PROMOTED, decision.reason
    champion = registry.champion("rps")
    assert champion is not None and champion.version == 2
    learnt = registry.client().get_run(champion.run_id).data.params
    assert learnt["resumed"] == learnt["stopped_by_hand"] == "True"
    assert 4 <= int(learnt["epochs_run"]) < 300


def test_too_little_to_learn_from_ends_at_once_and_says_why(prefect: str, choices: dict[str, str]) -> None:
    signs(train=2, holdout=2)
    with flow_runner(runner_environment(**choices)):
        job = ended(jobs.submit(EDITOR, jobs.CHECK, "rps", {"forced": True}))
        wait_until(lambda: decisions.latest("rps"), what="the failure on the timeline")
    assert job.state == jobs.FAILED
    assert "Too little to learn from" in job.message
    assert decisions.latest("rps")[0].kind == decisions.FAILED
