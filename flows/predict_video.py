"""``predict-video``: draw the champion's detections on every frame of an uploaded video."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from core.config.messages import messages_from_json
from core.config.progress import Report
from core.jobs import jobs
from flows import dispatch, task_registry
from flows.progress import running
from flows.state_hooks import HOOKS


@task(cache_policy=NO_CACHE)
def annotate_frames(workload: str, job_id: str, upload: str, confidence: float, report: Report) -> dict[str, Any]:
    """Frame by frame; output of a run that ends early is deleted."""
    asked = {"workload": workload, "upload": upload, "confidence": confidence, "job_id": job_id}
    return dispatch.dispatch(task_registry.PREDICT_VIDEO, job_id, asked, report)


@flow(name="predict-video", **HOOKS)
def predict_video(workload: str, upload: str, confidence: float = 0.25, job_id: str | None = None) -> None:
    """Annotate ``upload`` (a name in the uploads folder); the results are named after the job."""
    with running(jobs.PREDICT_VIDEO, workload, job_id, upload=upload) as run:
        answered = annotate_frames(workload, run.job.id, upload, confidence, run.report)
        run.result = {
            **answered["watched"],
            "version": answered["version"],
            "video": answered["video"],
            "table": answered["table"],
        }
        run.message = messages_from_json(answered["message"])
