"""Train: live curves of a long training, and a button to stop it early."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor, ForbiddenError, Role
from core.catalog.tables import Job
from core.config.messages import render
from core.jobs import jobs, progress_relay
from core.ui.runs.run_charts import curves
from core.ui.shell.charts import show
from core.ui.shell.formats import plain
from core.ui.shell.guard import acting
from core.ui.shell.messages import note
from core.workloads import get_workload
from core.workloads.base import ObservableTraining, TrainingProgress

_EVERY_S = 2.0


def training_progress(actor: Actor, workload: str, job: Job | None) -> None:
    """Curves and the button while ``job`` runs a training with live progress; otherwise nothing."""
    learnt = get_workload(workload)
    if (
        job is None
        or job.kind != jobs.CHECK
        or job.finished_at is not None
        or not isinstance(learnt, ObservableTraining)
    ):
        return
    st.fragment(run_every=_EVERY_S)(_watched)(actor, learnt, job)


def _watched(actor: Actor, learnt: ObservableTraining, job: Job) -> None:
    seen = progress_relay.training_progress(learnt, job)
    if seen is None:
        return
    with st.container(border=True, key="learning"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**Training** · {plain(render(seen.words))}", width="stretch")
            _stop_button(actor, learnt, job, seen)
        if not any(seen.figures.values()):
            st.caption("Curves appear after the first epoch.")
            return
        _curves(seen)


def _stop_button(actor: Actor, learnt: ObservableTraining, job: Job, seen: TrainingProgress) -> None:
    allowed = actor.role.rank >= Role.EDITOR.rank
    if st.button(
        "Stop early and keep the best epoch",
        icon=":material/flag:",
        key="btn_stop_early",
        disabled=not allowed or seen.stopping,
        help="Ends the training after this batch. The best model so far is compared with the champion as usual.",
    ):
        try:
            if not progress_relay.stop_early(acting(), learnt, job):
                note("This training has already ended.", ":material/info:")
        except ForbiddenError as error:
            st.warning(plain(str(error)), icon=":material/lock:")
            return
        st.rerun()


def _curves(seen: TrainingProgress) -> None:
    left, right = st.columns(2)
    for place, title, lines, key in (
        (left, "Validation metrics", seen.figures, "learning_figures"),
        (right, "Training loss", seen.losses, "learning_losses"),
    ):
        points = {name: list(enumerate(values, start=seen.first_epoch)) for name, values in lines.items() if values}
        with place:
            st.markdown(f":small[{title}]")
            figure = curves(points)
            figure.update_layout(height=240, xaxis_title="epoch")
            figure.update_xaxes(dtick=max(1, len(next(iter(points.values()))) // 8))
            last = "; ".join(f"{name} {values[-1][1]:.3f}" for name, values in points.items())
            show(figure, key, f"{title}, by epoch. Now: {last}.")
