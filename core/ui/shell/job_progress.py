"""Jobs on a page: start, follow and cancel them.

The state comes from the catalog, so it survives a refresh and is the same for all users.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from core.auth.roles import Actor, ForbiddenError, Role
from core.catalog.tables import Job
from core.config.messages import render
from core.config.settings import get_settings
from core.jobs import jobs, prefect_api
from core.ui.shell.formats import ago, duration, moment, plain
from core.ui.shell.guard import acting
from core.ui.shell.messages import explained, note

_LIVE_EVERY_S = 1.0
_LOOK_EVERY_S = 4.0
_WAITING_TOO_LONG_S = 15.0
_NEWS_FOR = timedelta(minutes=10)

TITLES = {
    jobs.GENERATE: "Generate data",
    jobs.CHECK: "Check",
    jobs.PREDICT_FILE: "Predict a file",
    jobs.IMPORT: "Import images",
    jobs.PROPOSE: "Propose boxes",
    jobs.PREDICT_VIDEO: "Predict a video",
}

_Mark = tuple[str, bool] | None


def start_job(actor: Actor, kind: str, workload: str, parameters: Mapping[str, Any] | None = None) -> Job | None:
    """Submit a job; on failure the reason is shown on the page and None is returned.

    Call it from ``if st.button(…):`` and rerun afterwards, so that :func:`follow` shows the new job.
    """
    try:
        with explained():
            return jobs.submit(actor, kind, workload, parameters)
    except jobs.JobBusyError as error:
        st.warning(plain(str(error)), icon=":material/hourglass:")
    except (prefect_api.PrefectUnavailableError, prefect_api.PrefectRefusedError) as error:
        st.error(f"Not started. {plain(str(error))}", icon=":material/cloud_off:")
    return None


def follow_job(actor: Actor, kind: str, workload: str, username: str | None = None) -> Job | None:
    """Show the newest job of that kind, live while it runs, and return it as of the start of this script run.

    When it ends, or when another one starts, the whole page reruns. ``username`` filters by the user who
    started it.
    """
    with explained():
        job = jobs.latest(kind, workload, username)
    alive = job is not None and job.finished_at is None
    every = _LIVE_EVERY_S if alive else _LOOK_EVERY_S
    st.fragment(run_every=every)(_watched)(actor, kind, workload, username, _mark(job))
    return job


def show_job(actor: Actor, job: Job) -> None:
    """One job: progress and a cancel button while it runs, its outcome afterwards."""
    if job.finished_at is None:
        _progress(actor, job)
    else:
        _outcome(job, job.finished_at)


def is_news(job: Job) -> bool:
    """Whether the job ended recently enough for its outcome to be shown in full."""
    return job.finished_at is not None and datetime.now(UTC) - job.finished_at < _NEWS_FOR


def seconds_of(job: Job, now: datetime | None = None) -> float:
    """Seconds from submission to the end, or to now."""
    return ((job.finished_at or now or datetime.now(UTC)) - job.created_at).total_seconds()


def hint(job: Job, now: datetime | None = None) -> str:
    """Why a running job makes no progress, and what to do; empty while all is well."""
    now = now or datetime.now(UTC)
    if job.heartbeat_at is None:
        if (now - job.created_at).total_seconds() < _WAITING_TOO_LONG_S:
            return ""
        return "The flow runner has not started this job yet. It may be busy or still starting; see Overview."
    silent = (now - job.heartbeat_at).total_seconds()
    if silent < get_settings().job_stale_s:
        return ""
    return (
        f"No heartbeat for {silent:.0f} s: the process may have ended. The flow runner ends such jobs automatically; "
        "if it does not, restart `python3 manage.py run`."
    )


def _mark(job: Job | None) -> _Mark:
    return (job.id, job.finished_at is None) if job is not None else None


def _watched(actor: Actor, kind: str, workload: str, username: str | None, seen: _Mark) -> None:
    with explained():
        job = jobs.latest(kind, workload, username)
        if _mark(job) != seen:
            st.rerun()
        if job is not None:
            show_job(actor, job)


def _progress(actor: Actor, job: Job) -> None:
    with st.container(border=True, key=f"job-{job.kind}"):
        st.progress(job.progress, text=f"**{TITLES[job.kind]}** · {plain(render(job.message))}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Started by {plain(job.created_by)} · {duration(seconds_of(job))}", width="stretch")
            mine = job.created_by == actor.username or actor.role.rank >= Role.EDITOR.rank
            if st.button("Cancel", icon=":material/stop_circle:", key=f"btn_cancel_{job.kind}", disabled=not mine):
                _cancel(job)
        if text := hint(job):
            st.warning(text, icon=":material/hourglass:")
        _log(job)


def _cancel(job: Job) -> None:
    try:
        jobs.cancel(acting(), job.id)
    except LookupError as error:
        note(str(error), ":material/info:")
    except ForbiddenError as error:
        st.warning(plain(str(error)), icon=":material/lock:")
        return
    except (prefect_api.PrefectUnavailableError, prefect_api.PrefectRefusedError) as error:
        st.error(f"Not cancelled. {plain(str(error))}", icon=":material/cloud_off:")
        return
    st.rerun()


def _outcome(job: Job, finished_at: datetime) -> None:
    routine = job.created_by == jobs.SCHEDULE and job.state == jobs.COMPLETED
    if routine or not is_news(job):
        st.caption(f"Last run {ago(finished_at)} by {plain(job.created_by)}: {job.state}. {plain(render(job.message))}")
        return
    text = plain(render(job.message))
    if job.state == jobs.COMPLETED:
        st.success(text, icon=":material/check_circle:")
    elif job.state == jobs.CANCELLED:
        st.info(text, icon=":material/stop_circle:")
    else:
        st.error(f"**{TITLES[job.kind]}: {job.state}.** {text}", icon=":material/error:")
    st.caption(f"Started by {plain(job.created_by)} at {moment(job.created_at)} · took {duration(seconds_of(job))}")
    _log(job)


def _log(job: Job) -> None:
    """The run's log, fetched only while the expander is open."""
    if job.flow_run_id is None:
        return
    unfolded = st.expander("Log", icon=":material/article:", on_change="rerun", key=f"log_{job.id}", type="compact")
    if not unfolded.open:
        return
    with unfolded:
        try:
            records = prefect_api.logs(job.flow_run_id)
        except (prefect_api.PrefectUnavailableError, prefect_api.PrefectRefusedError) as error:
            st.caption(plain(str(error)))
            return
        lines = [f"{_clock(record['timestamp'])}  {record['message']}" for record in records]
        st.code("\n".join(lines) or "No log records yet.", language=None, wrap_lines=True, height=260)


def _clock(stamp: str) -> str:
    return moment(datetime.fromisoformat(stamp))[11:]
