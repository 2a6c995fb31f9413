"""``propose-boxes``: propose boxes on unlabelled images, for review."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from core.catalog.tables import Job
from core.config.messages import messages_from_json
from core.config.progress import Report
from core.jobs import jobs
from flows import dispatch, task_registry
from flows.progress import running
from flows.state_hooks import HOOKS


@task(cache_policy=NO_CACHE)
def propose_labels(workload: str, job: Job, report: Report) -> dict[str, Any]:
    """Image by image; a run that ends early leaves complete proposals."""
    return dispatch.dispatch(task_registry.PROPOSE, job.id, {"workload": workload, "username": job.created_by}, report)


@flow(name="propose-boxes", **HOOKS)
def propose_boxes(workload: str, job_id: str | None = None) -> None:
    """Propose boxes for every unlabelled image of ``workload``."""
    with running(jobs.PROPOSE, workload, job_id) as run:
        outcome = propose_labels(workload, run.job, run.report)
        run.result = {"looked": outcome["looked"], "found": outcome["found"]}
        run.message = messages_from_json(outcome["message"])
