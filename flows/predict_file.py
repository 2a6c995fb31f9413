"""``predict-file``: predict every row of an uploaded CSV with the champion."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from core.config.messages import say
from core.config.progress import Report
from core.jobs import jobs
from flows import dispatch, task_registry
from flows.progress import running
from flows.state_hooks import HOOKS


@task(cache_policy=NO_CACHE)
def predict_rows(workload: str, job_id: str, upload: str, report: Report) -> dict[str, Any]:
    """Predict the file in chunks."""
    asked = {"workload": workload, "upload": upload, "job_id": job_id}
    return dispatch.dispatch(task_registry.PREDICT_FILE, job_id, asked, report)


@flow(name="predict-file", **HOOKS)
def predict_file(workload: str, upload: str, job_id: str | None = None) -> None:
    """Predict ``upload`` (a name in the uploads folder); the result is named after the job."""
    with running(jobs.PREDICT_FILE, workload, job_id, upload=upload) as run:
        answered = predict_rows(workload, run.job.id, upload, run.report)
        run.result = answered
        run.message = say("predict.done", rows=answered["rows"], version=answered["version"])
