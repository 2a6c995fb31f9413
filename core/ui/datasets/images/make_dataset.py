"""Datasets, images: render images and freeze everything labelled as a dataset."""

from __future__ import annotations

import streamlit as st
from pydantic import ValidationError

from core.auth.roles import Actor, Role
from core.images.queries import Counts
from core.jobs import jobs
from core.storage import datasets
from core.ui.shell.formats import plain
from core.ui.shell.job_progress import follow_job, is_news, start_job
from core.ui.shell.links import page_link
from core.ui.shell.messages import explained
from core.workloads import get_workload

_SEED = "images_seed"


def make_dataset(actor: Actor, counts: Counts, workload: str) -> None:
    """How many pictures to render first, and the button."""
    allowed = actor.role.rank >= Role.EDITOR.rank
    labelled = counts.states.get("labelled", 0)
    choices = _choose(workload)
    clicked = st.button(
        "Create a dataset",
        type="primary",
        icon=":material/casino:",
        key="btn_images_dataset",
        disabled=not allowed or choices is None,
    )
    st.caption(
        f"A dataset contains all labelled images: {labelled:,} now, plus the synthetic images of this form. "
        "A check starts automatically and trains if needed."
    )
    if not allowed:
        st.caption(":material/lock: Requires the editor role.")
    if clicked and choices is not None and start_job(actor, jobs.GENERATE, workload, {"choices": choices}):
        st.session_state.pop(_SEED, None)  # for the next dataset: the seeds after these
        st.rerun()
    job = follow_job(actor, jobs.GENERATE, workload)
    if job is not None and job.state == jobs.COMPLETED and is_news(job):
        page_link("train.py", "See the check on Train")


def _choose(workload: str) -> dict[str, int] | None:
    """The controls, none where there is nothing to choose; None when a choice is refused, which is said."""
    if not get_workload(workload).parameters.model_fields:
        return {}
    begin = _first_unused_seed(workload)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        synthetic = st.number_input(
            "Synthetic images",
            value=400,
            step=100,
            key="images_synthetic",
            persist_state="session",
            help="Rendered with exact labels. 0: use existing images only.",
        )
        seed = st.number_input(
            "First seed",
            value=begin,
            step=1,
            key=_SEED,
            help="Each seed renders one image, always the same. Existing seeds are not rendered again.",
        )
    try:
        chosen = get_workload(workload).parameters.model_validate({"synthetic": synthetic, "seed": seed})
    except ValidationError as error:
        told = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        st.error(plain(told[:1].upper() + told[1:]), icon=":material/error:")
        return None
    return dict(chosen.model_dump())


def _first_unused_seed(workload: str) -> int:
    """The seed after all those that went into a dataset."""
    with explained():
        used = [item.parameters for item in datasets.listed(workload)]
    begin = int(get_workload(workload).parameters().model_dump().get("seed", 0))
    return max((int(item.get("seed", 0)) + int(item.get("synthetic", 0)) for item in used), default=begin)
