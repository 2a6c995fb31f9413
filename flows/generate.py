"""``generate-dataset``: generate, store, register and validate a dataset, then start a check."""

from __future__ import annotations

from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from core.auth.roles import Actor, Role
from core.catalog.tables import Dataset
from core.config.messages import say
from core.config.progress import Report
from core.config.settings import get_settings
from core.jobs import jobs, prefect_api
from core.loop import contract
from core.monitoring.quarantine_alert import announce_quarantined
from core.storage import datasets
from core.workloads import get_workload
from flows.priority import lower_priority
from flows.progress import running
from flows.state_hooks import UNUSUAL_ENDS


@task(cache_policy=NO_CACHE)
def generate_and_register(workload_name: str, choices: dict[str, Any], username: str, report: Report) -> Dataset:
    """Generate, store and register; parameters are validated again here, for every caller."""
    lower_priority()
    workload = get_workload(workload_name)
    parameters = workload.parameters.model_validate(choices)
    stored = workload.generate(parameters, report)
    return datasets.register(stored, workload_name, parameters.model_dump(mode="json"), Actor(username, Role.EDITOR))


@task(cache_policy=NO_CACHE)
def validate(dataset: Dataset) -> Dataset:
    """Check it against the workload's data contract; Discord hears of what is quarantined."""
    announce_quarantined(contract.validate_new(dataset.workload))
    return contract.validate(dataset)


@flow(name="generate-dataset", **UNUSUAL_ENDS)
def generate_dataset(workload: str, choices: dict[str, Any] | None = None, job_id: str | None = None) -> None:
    """Generate a dataset of ``workload``; ``choices`` are its parameters, missing ones have their defaults."""
    with running(jobs.GENERATE, workload, job_id, choices=choices) as run:
        made = generate_and_register(workload, choices or {}, run.job.created_by, run.part(0.0, 0.9))
        run.report(0.95, say("data.validating"))
        dataset = validate(made)
        run.result = {"dataset_id": dataset.id, "rows": dataset.rows, "status": dataset.status}
        done = say("generate.done", dataset=dataset.id, rows=dataset.rows, unit=get_workload(workload).unit)
        held = dataset.status == datasets.QUARANTINED
        run.message = (done, contract.in_words(dataset)) if held else done
    if get_settings().check_on_new_data and not held:
        submit_check(workload, run.job.created_by)


def submit_check(workload: str, username: str) -> None:
    """Start a check immediately instead of waiting for the schedule; one that already runs is fine."""
    try:
        jobs.submit(Actor(username, Role.EDITOR), jobs.CHECK, workload)
    except (jobs.JobBusyError, prefect_api.PrefectUnavailableError, prefect_api.PrefectRefusedError) as error:
        get_run_logger().warning("The new data will be checked on schedule: %s", error)
