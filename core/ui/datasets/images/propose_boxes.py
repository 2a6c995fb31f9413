"""Datasets, images: labels for images that have none, proposed in the background."""

from __future__ import annotations

import streamlit as st
from loguru import logger

from core.auth.roles import Actor, Role
from core.images import UNLABELLED
from core.images.queries import Counts
from core.jobs import jobs, prefect_api
from core.ui.shell.formats import counted
from core.ui.shell.job_progress import follow_job, is_news, start_job


def propose_boxes(actor: Actor, counts: Counts, workload: str) -> None:
    """The button while images wait for labels, and the run that it started."""
    waiting = counts.states.get(UNLABELLED, 0)
    allowed = actor.role.rank >= Role.EDITOR.rank
    if waiting:
        clicked = st.button(
            f"Propose labels for {counted(waiting, 'image')}",
            icon=":material/auto_fix_high:",
            key="btn_propose",
            disabled=not allowed,
            help="A model proposes labels, which you review on Label.",
        )
        if clicked and start_job(actor, jobs.PROPOSE, workload):
            st.rerun()
    newest = jobs.latest(jobs.PROPOSE, workload)
    if newest is not None and (newest.finished_at is None or is_news(newest)):
        follow_job(actor, jobs.PROPOSE, workload)


def propose_soon(actor: Actor, workload: str) -> None:
    """Start the run without a click. When that cannot be, the button is still there."""
    try:
        jobs.submit(actor, jobs.PROPOSE, workload)
    except (jobs.JobBusyError, prefect_api.PrefectUnavailableError, prefect_api.PrefectRefusedError) as error:
        logger.info("Boxes are not proposed automatically: {}", error)
