"""``predict-file``: answer every row of an uploaded CSV with the champion."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from core import jobs, prediction_files
from core.workloads.base import Report
from flows.hooks import HOOKS
from flows.progress import running


@task(cache_policy=NO_CACHE)
def answer_rows(workload: str, job_id: str, upload: str, report: Report) -> prediction_files.Answered:
    """Stream the file through the champion in chunks."""
    return prediction_files.answer(workload, upload, job_id, report)


@flow(name="predict-file", **HOOKS)
def predict_file(workload: str, upload: str, job_id: str | None = None) -> None:
    """Predict ``upload`` (a name in the uploads folder); the answer is named after the job."""
    with running(jobs.PREDICT_FILE, workload, job_id, upload=upload) as run:
        answered = answer_rows(workload, run.job.id, upload, run.report)
        run.result = {"rows": answered.rows, "version": answered.version, "output": answered.output}
        run.message = f"{answered.rows:,} rows answered by version {answered.version}"
