"""Predict, a video: upload, look at every frame in the background, watch and download."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.auth.roles import Actor
from core.catalog.tables import Job
from core.config.settings import get_settings
from core.jobs import jobs
from core.jobs import outputs as job_outputs
from core.predictions import videos as video_predictions
from core.storage import uploads
from core.storage.lake import LakeError
from core.ui.predict.photo import confidence_slider
from core.ui.shell.formats import plain, size
from core.ui.shell.job_progress import follow_job, start_job
from core.ui.shell.messages import explained
from core.ui.shell.uploaded import field_key, let_go
from core.vision.video import SUFFIXES, BadVideoError

_FIELD = "video_file"


def video(actor: Actor, workload: str) -> None:
    """The form, the running job, and its result."""
    most = get_settings().video_max_s
    st.markdown(f"A video of at most {most:g} seconds is returned with boxes on every frame, without sound.")
    confidence = confidence_slider()
    _upload(actor, workload, confidence)
    job = follow_job(actor, jobs.PREDICT_VIDEO, workload, actor.username)
    if job is not None and job.state == jobs.COMPLETED:
        _result(actor, job)


def _upload(actor: Actor, workload: str, confidence: float) -> None:
    uploaded = st.file_uploader(
        "Video", type=list(SUFFIXES), key=field_key(_FIELD), max_upload_size=get_settings().upload_max_mb
    )
    clicked = st.button(
        "Process this video", type="primary", icon=":material/play_arrow:", key="btn_video", disabled=uploaded is None
    )
    if not clicked or uploaded is None:
        return
    try:
        with explained():
            name = video_predictions.save_upload(actor, uploaded, uploaded.name)
    except (BadVideoError, LakeError) as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    if start_job(actor, jobs.PREDICT_VIDEO, workload, {"upload": name, "confidence": confidence}) is None:
        uploads.discard(name)
        return
    let_go(_FIELD, [uploaded])
    st.rerun()


def _result(actor: Actor, job: Job) -> None:
    try:
        with explained():
            path = job_outputs.path_of(actor, job.id, jobs.PREDICT_VIDEO, "video")
    except LookupError as error:
        st.caption(plain(str(error)))
        return
    st.video(str(path), format="video/mp4", muted=True)
    version = job.result["version"]
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, name, suffix, mime in (
            (f"Video ({size(path.stat().st_size)})", "video", "mp4", "video/mp4"),
            ("Boxes as CSV", "table", "csv", "text/csv"),
        ):
            st.download_button(
                label,
                # Read when it is asked for, and by whoever asked.
                partial(_content, actor, job.id, name),
                f"{job.workload}-v{version}.{suffix}",
                mime,
                icon=":material/download:",
                key=f"btn_video_{suffix}",
                on_click="ignore",
            )


def _content(actor: Actor, job_id: str, name: str) -> bytes:
    content: bytes = job_outputs.path_of(actor, job_id, jobs.PREDICT_VIDEO, name).read_bytes()
    return content
