"""``import-images``: take over the pictures of an uploaded dataset."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from core import jobs
from core.auth.roles import Actor, Role
from core.images import importing, proposing
from core.workloads.base import Report
from flows.hooks import HOOKS
from flows.progress import running
from flows.propose_boxes import look


@task(cache_policy=NO_CACHE)
def take_over(
    workload: str, username: str, upload: str, meanings: dict[str, str], report: Report
) -> importing.Imported:
    """Picture by picture: what is there when the run ends early stays, and the next run finds it."""
    return importing.import_upload(Actor(username, Role.EDITOR), upload, meanings, report, workload)


def propose(workload: str, username: str, report: Report) -> str:
    """Boxes for pictures that came without; what hinders that does not spoil the import."""
    try:
        return look(workload, username, report).sentence()
    except proposing.NoProposerError as error:
        return str(error)


@flow(name="import-images", **HOOKS)
def import_images(
    workload: str, upload: str, meanings: dict[str, str] | None = None, job_id: str | None = None
) -> None:
    """Import ``upload`` (a name in the uploads folder); ``meanings`` maps its classes to those of ``workload``."""
    with running(jobs.IMPORT, workload, job_id, upload=upload) as run:
        outcome = take_over(workload, run.job.created_by, upload, meanings or {}, run.part(0.0, 0.7))
        run.result = outcome.in_short()
        run.message = outcome.sentence()
        if outcome.unlabelled:
            run.message = f"{run.message}. {propose(workload, run.job.created_by, run.part(0.7, 1.0))}"
