"""Label: many decisions at once, and what to do with what was labelled."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.auth.roles import Actor, Role
from core.jobs import jobs
from core.labelling import review_queue
from core.ui.label import actions
from core.ui.shell.confirm import confirm
from core.ui.shell.formats import percent
from core.ui.shell.job_progress import follow_job, start_job
from core.ui.shell.messages import explained
from core.workloads import get_workload
from core.workloads.base import ImageSynthesis


def bulk_actions(actor: Actor, workload: str) -> None:
    """Accept what the model is sure of; make a dataset of what is labelled."""
    editor = actor.role.rank >= Role.EDITOR.rank
    with explained():
        confident = review_queue.confident_count(workload)
        fresh = review_queue.newly_labelled(workload)
    if confident:
        _accept_confident(workload, confident, editor)
    with explained():
        making = jobs.holder_of(jobs.concurrency_key_of(jobs.GENERATE, workload, actor.username))
    if making is not None:
        follow_job(actor, jobs.GENERATE, workload)
    elif fresh:
        _make_dataset(actor, workload, fresh, editor)


def _accept_confident(workload: str, count: int, editor: bool) -> None:
    sure = percent(review_queue.CONFIDENT, 0)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="label_confident"):
        st.markdown(f"**{count:,}** proposals have a confidence of at least {sure}.", width="stretch")
        if st.button("Accept all", icon=":material/done_all:", key="btn_accept_all", disabled=not editor):
            confirm(
                f"Accept {count:,} proposals without reviewing each one? Flagged images stay in the queue. "
                "You can undo this afterwards.",
                "Accept",
                lambda who: actions.accept_confident(who, workload),
                "Accepted. Undo reverts all of them.",
            )


def _make_dataset(actor: Actor, workload: str, count: int, editor: bool) -> None:
    text = "1 labelled image is" if count == 1 else f"{count:,} labelled images are"
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="label_fresh"):
        st.markdown(f"**{text} in no dataset yet.** Create one to train on them.", width="stretch")
        clicked = st.button(
            "Create a dataset",
            icon=":material/dataset:",
            key="btn_label_dataset",
            disabled=not editor,
            help=None if editor else "Requires the editor role.",
        )
    if clicked and start_job(actor, jobs.GENERATE, workload, _labelled_only(workload)) is not None:
        st.rerun()


def _labelled_only(workload: str) -> dict[str, Any]:
    """A dataset of the images that are there, without new ones from a renderer."""
    learnt = get_workload(workload)
    return {"choices": dict(learnt.labelled_only) if isinstance(learnt, ImageSynthesis) else {}}
