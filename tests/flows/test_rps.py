"""Fine-tuning through the real orchestrator: watched, cancelled, resumed, ended early, decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from core.catalog.tables import Job
from core.config.messages import render
from core.config.settings import Settings, get_settings
from core.jobs import jobs
from core.loop import decisions
from core.models import registry
from core.workloads import get_workload
from core.workloads.base import ObservableTraining
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


def in_training(job: Job, enough: Callable[[Sequence[float]], bool], what: str) -> Job:
    """The job once ``enough`` is true of the tuning figures (mAP50) of its epochs so far."""
    assert isinstance(RPS, ObservableTraining)

    def look() -> bool:
        now = jobs.get(job.id)
        assert now is not None and now.finished_at is None, now and now.message
        seen = RPS.training_progress(job.created_at)
        return seen is not None and enough(seen.figures["mAP50"])

    wait_until(look, timeout=120, what=what)
    return job


def begun(figures: Sequence[float]) -> bool:
    return len(figures) >= 2


def learnt_for_sure(figures: Sequence[float]) -> bool:
    """Not a number of epochs: how much those teach depends on where the first run was cut."""
    return len(figures) >= 5 and min(figures[-5:]) >= 0.9


def test_cancelled_resumed_stopped_early_and_still_promoted(prefect: str, choices: dict[str, str]) -> None:
    signs(train=8, holdout=6)
    with flow_runner(runner_environment(**choices)):
        first = in_training(jobs.submit(EDITOR, jobs.CHECK, "rps", {"forced": True}), begun, "two epochs")
        jobs.cancel(EDITOR, first.id)
        assert ended(first).state == jobs.CANCELLED
        assert len(registry.versions("rps")) == 1  # the model that ships, and no half-trained one

        job = jobs.submit(EDITOR, jobs.CHECK, "rps", {"forced": True})
        second = in_training(job, learnt_for_sure, "five good epochs")
        assert isinstance(RPS, ObservableTraining) and RPS.stop_early(EDITOR)
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
    assert "Too few training images" in render(job.message)
    assert decisions.latest("rps")[0].kind == decisions.FAILED
