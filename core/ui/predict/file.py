"""Predict, CSV file: upload, answer in the background, download."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.auth.roles import Actor
from core.catalog.tables import Job
from core.config.settings import get_settings
from core.jobs import jobs
from core.predictions import files as prediction_files
from core.storage.csv_rows import BadFileError
from core.storage.lake import LakeError
from core.ui.shell.formats import plain, size
from core.ui.shell.job_progress import follow_job, start_job
from core.ui.shell.messages import explained
from core.ui.shell.uploaded import field_key, let_go
from core.workloads import get_workload
from core.workloads.base import feature_names

_FIELD = "upload"


def file_prediction(actor: Actor, workload: str) -> None:
    """The form, the running job, and its result."""
    names = " and ".join(f"`{name}`" for name in feature_names(get_workload(workload)))
    added = " and ".join(f"`{name}`" for name in prediction_files.output_columns(get_workload(workload)))
    st.markdown(
        f"The file needs a header with the columns {names}. All columns are returned unchanged, followed by {added}."
    )
    st.download_button(
        "Template",
        prediction_files.template(workload),
        f"{workload}-template.csv",
        "text/csv",
        icon=":material/download:",
        key="btn_template",
        on_click="ignore",
    )
    _upload(actor, workload)
    job = follow_job(actor, jobs.PREDICT_FILE, workload, actor.username)
    if job is not None and job.state == jobs.COMPLETED:
        _result(actor, job)


def _upload(actor: Actor, workload: str) -> None:
    uploaded = st.file_uploader(
        "CSV file",
        type="csv",
        key=field_key(_FIELD),
        max_upload_size=get_settings().upload_max_mb,
    )
    clicked = st.button(
        "Predict this file", type="primary", icon=":material/play_arrow:", key="btn_file", disabled=uploaded is None
    )
    if not clicked or uploaded is None:
        return
    try:
        with explained():
            name = prediction_files.save_upload(actor, workload, uploaded)
    except (BadFileError, LakeError) as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    if start_job(actor, jobs.PREDICT_FILE, workload, {"upload": name}) is None:
        prediction_files.discard_upload(name)
        return
    let_go(_FIELD, [uploaded])
    st.rerun()


def _result(actor: Actor, job: Job) -> None:
    try:
        with explained():
            path = prediction_files.output_path(actor, job.id)
    except LookupError as error:
        st.caption(plain(str(error)))
        return
    rows, version = job.result["rows"], job.result["version"]
    st.markdown(f"**{rows:,} rows**, predicted by version {version} :small[({size(path.stat().st_size)})]")
    st.dataframe(prediction_files.first_rows(path), hide_index=True, alt="The first rows of the result")
    st.download_button(
        "Download the result",
        # Read when it is asked for, and by whoever asked: a page that only shows it holds no copy.
        lambda: _content(actor, job.id),
        f"predictions-v{version}.csv",
        "text/csv",
        icon=":material/download:",
        key="btn_result",
        on_click="ignore",
        type="primary",
    )


def _content(actor: Actor, job_id: str) -> bytes:
    path: Path = prediction_files.output_path(actor, job_id)
    return path.read_bytes()
