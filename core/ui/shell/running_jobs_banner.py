"""Running jobs on top of a page, and a fragment that reruns the page after a new decision."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.catalog.tables import Job
from core.config.messages import render
from core.jobs import jobs
from core.loop import decisions
from core.ui.shell.formats import duration, plain
from core.ui.shell.job_progress import TITLES, hint, seconds_of
from core.ui.shell.links import may_open, page_link
from core.ui.shell.messages import explained

_EVERY_S = 2.0
_PAGE_OF = {
    jobs.GENERATE: "datasets.py",
    jobs.CHECK: "train.py",
    jobs.PREDICT_FILE: "predict.py",
    jobs.IMPORT: "datasets.py",
    jobs.PROPOSE: "datasets.py",
    jobs.PREDICT_VIDEO: "predict.py",
}

_Mark = tuple[int, tuple[str, ...]]


def running_jobs_banner(actor: Actor) -> None:
    """Show running jobs; when one starts or ends, or the loop decides, the whole page reruns."""
    with explained():
        st.fragment(run_every=_EVERY_S)(_beat)(actor, _mark(jobs.alive()))


def _beat(actor: Actor, seen: _Mark) -> None:
    with explained():
        alive = jobs.alive()
        if _mark(alive) != seen:
            st.rerun()
    for job in alive:
        _banner(actor, job)


def _mark(alive: list[Job]) -> _Mark:
    newest = decisions.latest(limit=1)
    return (newest[0].id if newest else 0, tuple(job.id for job in alive))


def _banner(actor: Actor, job: Job) -> None:
    with st.container(border=True, key=f"live-{job.id}"):
        st.progress(job.progress, text=f"**{TITLES[job.kind]}** ({plain(job.workload)}) · {plain(render(job.message))}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Started by {plain(job.created_by)} · {duration(seconds_of(job))}", width="stretch")
            page = _PAGE_OF[job.kind]
            if may_open(actor, page):
                page_link(page, "Details")
            if job.flow_run_id:
                page_link("flows.py", "Flow run", run=job.flow_run_id)
        if text := hint(job):
            st.warning(text, icon=":material/hourglass:")
