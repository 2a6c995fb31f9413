"""Which flows are served, for which workloads, on which schedules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect.deployments.runner import RunnerDeployment

from core import prefect_api
from core.settings import get_settings
from core.workloads import WORKLOADS
from flows.check import check_and_retrain
from flows.generate import generate_dataset
from flows.predict_file import predict_file
from flows.random_check import periodic_check

FLOWS = (generate_dataset, check_and_retrain, predict_file, periodic_check)


def all_deployments() -> list[RunnerDeployment]:
    """One deployment per flow and workload, named after the workload, and the course's exercise."""
    known = {item["name"] for item in prefect_api.deployments()}
    made: list[Any] = []
    for name, workload in WORKLOADS.items():
        given: dict[str, Any] = {"name": name, "parameters": {"workload": name}, "tags": [name]}
        made.append(generate_dataset.to_deployment(**given))
        if workload.features:
            made.append(predict_file.to_deployment(**given))
        made.append(
            check_and_retrain.to_deployment(**given, interval=timedelta(seconds=get_settings().check_interval_s))
        )
    made.append(
        periodic_check.to_deployment(
            name="course",
            tags=["course"],
            interval=timedelta(seconds=get_settings().random_check_interval_s),
            # Only the first time: whoever resumed it wants it running after a restart too.
            paused=None if "course" in known else True,
        )
    )
    return made
