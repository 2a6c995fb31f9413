"""``import-images``: import the images of an uploaded dataset."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from core.catalog.tables import Job
from core.config.messages import Messages, message_of, messages_from_json
from core.config.progress import Report
from core.jobs import jobs
from core.labelling import proposals
from flows import dispatch, task_registry
from flows.progress import running
from flows.propose_boxes import propose_labels
from flows.state_hooks import HOOKS


@task(cache_policy=NO_CACHE)
def import_archive(
    workload: str, job: Job, upload: str, class_mapping: dict[str, str], without_label: str | None, report: Report
) -> dict[str, Any]:
    """Image by image: after an early end imported images stay, and the next run continues."""
    asked = {"workload": workload, "username": job.created_by, "upload": upload, "class_mapping": class_mapping}
    asked |= {"without_label": without_label} if without_label else {}
    return dispatch.dispatch(task_registry.IMPORT, job.id, asked, report)


def propose(workload: str, job: Job, report: Report) -> Messages:
    """Propose boxes for images without labels; a failure here does not affect the import."""
    try:
        return messages_from_json(propose_labels(workload, job, report)["message"])
    except proposals.NoProposerError as error:
        return (message_of(error),)


@flow(name="import-images", **HOOKS)
def import_images(
    workload: str,
    upload: str,
    class_mapping: dict[str, str] | None = None,
    without_label: str | None = None,
    job_id: str | None = None,
) -> None:
    """Import ``upload`` (a name in the uploads folder); ``class_mapping`` maps its classes to those of ``workload``.

    ``without_label``: what images without a label file are, "unlabelled" or "negative".
    """
    with running(jobs.IMPORT, workload, job_id, upload=upload) as run:
        outcome = import_archive(workload, run.job, upload, class_mapping or {}, without_label, run.part(0.0, 0.7))
        run.result = outcome["in_short"]
        done = messages_from_json(outcome["message"])
        run.message = (*done, *propose(workload, run.job, run.part(0.7, 1.0))) if outcome["unlabelled"] else done
