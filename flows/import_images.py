"""``import-images``: take over the pictures of an uploaded dataset."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from core.catalog.tables import Job
from core.config.messages import Messages, message_of, messages_from_json
from core.config.progress import Report
from core.jobs import jobs
from core.labelling import proposing
from flows import dispatch as handover
from flows import task_registry
from flows.progress import running
from flows.propose_boxes import look
from flows.state_hooks import HOOKS


@task(cache_policy=NO_CACHE)
def take_over(workload: str, job: Job, upload: str, meanings: dict[str, str], report: Report) -> dict[str, Any]:
    """Picture by picture: what is there when the run ends early stays, and the next run finds it."""
    asked = {"workload": workload, "username": job.created_by, "upload": upload, "meanings": meanings}
    return handover.dispatch(task_registry.IMPORT, job.id, asked, report)


def propose(workload: str, job: Job, report: Report) -> Messages:
    """Boxes for pictures that came without; what hinders that does not spoil the import."""
    try:
        return messages_from_json(look(workload, job, report)["message"])
    except proposing.NoProposerError as error:
        return (message_of(error),)


@flow(name="import-images", **HOOKS)
def import_images(
    workload: str, upload: str, meanings: dict[str, str] | None = None, job_id: str | None = None
) -> None:
    """Import ``upload`` (a name in the uploads folder); ``meanings`` maps its classes to those of ``workload``."""
    with running(jobs.IMPORT, workload, job_id, upload=upload) as run:
        outcome = take_over(workload, run.job, upload, meanings or {}, run.part(0.0, 0.7))
        run.result = outcome["in_short"]
        done = messages_from_json(outcome["message"])
        run.message = (*done, *propose(workload, run.job, run.part(0.7, 1.0))) if outcome["unlabelled"] else done
