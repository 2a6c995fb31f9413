"""The schedule really runs things: only a test that waits for a *scheduled* run sees when it does not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.config.messages import render
from core.config.settings import Settings, get_settings
from core.jobs import jobs, prefect_api
from core.loop import decisions
from tests.learning import make_dataset
from tests.prefect_rows import Rows
from tests.prefect_server import flow_runner, runner_environment
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("mlflow_store")]


def test_a_scheduled_check_runs_and_the_exercise_waits(prefect: str, settings: Settings) -> None:
    make_dataset(seed=1)
    with flow_runner(runner_environment(SHIFUMI_CHECK_INTERVAL_S="3")):
        made = wait_until(lambda: decisions.latest("linear"), timeout=90, what="a decision of the schedule")[-1]
        assert made.kind == decisions.PROMOTED
        run = prefect_api.get_run(made.flow_run_id or "")
        assert run.auto_scheduled
        job = jobs.of_flow_run(run.id)
        assert job is not None and job.created_by == "schedule"

        def later() -> list[jobs.Job]:
            checks = jobs.listed(kind=jobs.CHECK, workload="linear")
            return [one for one in checks if one.state == jobs.COMPLETED and one.id != job.id]

        following = wait_until(later, what="the next scheduled run")[-1]
        assert prefect_api.get_run(following.flow_run_id or "").auto_scheduled
        assert render(following.message).startswith("Nothing new since dataset 1.")
        assert len(decisions.latest("linear")) == 1
        _the_exercise_ships_paused()


def _the_exercise_ships_paused() -> None:
    names = prefect_api.flow_names()
    found = {(names[item["flow_id"]], item["name"]): item for item in prefect_api.deployments()}
    assert set(found) == {
        ("generate-dataset", "linear"),
        ("check", "linear"),
        ("predict-file", "linear"),
        ("generate-dataset", "rps"),
        ("check", "rps"),
        ("import-images", "rps"),
        ("propose-boxes", "rps"),
        ("predict-video", "rps"),
        ("random-check", "course"),
    }
    exercise = found["random-check", "course"]
    assert exercise["paused"]
    assert exercise["schedules"][0]["schedule"]["interval"] == get_settings().random_check_interval_s
    assert prefect_api.runs(deployment_id=exercise["id"]) == []


def test_what_somebody_paused_or_resumed_outlives_a_restart(prefect: str) -> None:
    def deployments() -> dict[str, dict[str, Any]]:
        names = prefect_api.flow_names()
        return {names[item["flow_id"]]: item for item in prefect_api.deployments()}

    environment = runner_environment(SHIFUMI_RUNNER_WARM="false")
    with flow_runner(environment):
        found = deployments()
        prefect_api.set_paused(found["random-check"]["id"], False)
        prefect_api.set_paused(found["check"]["id"], True)
    with flow_runner(environment):
        found = deployments()
        assert not found["random-check"]["paused"]
        assert found["check"]["paused"]
        # Leave the shared server as a fresh one would be.
        prefect_api.set_paused(found["random-check"]["id"], True)
        prefect_api.set_paused(found["check"]["id"], False)


def test_a_renamed_flow_leaves_no_deployment_behind_and_stays_paused(prefect: str) -> None:
    """Version 0.1 called the flow of checks check-and-retrain; its schedule would go on without a runner."""
    Rows(get_settings().prefect_api).deployment("check-and-retrain", "linear", every_s=300, paused=True)

    def paused() -> dict[tuple[str, str], bool]:
        names = prefect_api.flow_names()
        return {(names[item["flow_id"]], item["name"]): item["paused"] for item in prefect_api.deployments()}

    for item in prefect_api.deployments():
        if prefect_api.flow_names()[item["flow_id"]] == "check":
            prefect_api.delete_deployment(item["id"])
    with flow_runner(runner_environment(SHIFUMI_RUNNER_WARM="false")):
        found = paused()
        assert found["check", "linear"] and not found["check", "rps"]
        assert ("check-and-retrain", "linear") not in found
        # Leave the shared server as a fresh one would be.
        for item in prefect_api.deployments():
            if (prefect_api.flow_names()[item["flow_id"]], item["name"]) == ("check", "linear"):
                prefect_api.set_paused(item["id"], False)


def test_runs_missed_while_nobody_served_are_dropped(prefect: str, settings: Settings) -> None:
    """A laptop that slept all night must not check a hundred times in the morning."""
    environment = runner_environment(SHIFUMI_CHECK_INTERVAL_S="2", SHIFUMI_RUNNER_WARM="false")
    with flow_runner(environment):
        wait_until(lambda: prefect_api.runs(["SCHEDULED"]), timeout=60, what="the scheduler to plan ahead")

    def overdue() -> list[prefect_api.FlowRun]:
        since = datetime.now(UTC) - timedelta(seconds=6)
        planned = prefect_api.runs(["SCHEDULED"], limit=200)
        return [run for run in planned if run.expected_start is not None and run.expected_start < since]

    missed = wait_until(overdue, timeout=60, what="runs that nobody took")
    with flow_runner(environment):
        states = {prefect_api.get_run(run.id).state_name for run in missed}
    assert states == {"Cancelled"}


def test_a_run_that_finds_the_slot_taken_is_skipped(prefect: str, settings: Settings) -> None:
    make_dataset(seed=1)
    holder = jobs._claim(jobs.CHECK, "linear", {}, "ann")
    jobs.beat(holder.id)
    with flow_runner(runner_environment(SHIFUMI_JOB_STALE_S="600", SHIFUMI_RUNNER_WARM="false")):
        run = prefect_api.create_run("check/linear", {})
        wait_until(lambda: prefect_api.get_run(run.id).terminal, what="the run to end")
        assert prefect_api.get_run(run.id).state_type == "COMPLETED"
        wait_until(lambda: any("Skipped" in line["message"] for line in prefect_api.logs(run.id)), what="its log")
    assert decisions.latest("linear") == []
