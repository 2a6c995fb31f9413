"""Train: the champion, what a check would do, the two buttons, and the running check."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor, Role
from core.catalog.tables import Dataset, Evaluation
from core.config.settings import get_settings
from core.jobs import jobs
from core.loop import decisions, history
from core.loop.loop import next_dataset
from core.loop.policy import Policy
from core.loop.settled import settled
from core.loop.stages import full_training_due
from core.models.registry import RegistryError, Version
from core.storage import datasets
from core.ui.shell.champion_cache import champion
from core.ui.shell.formats import ago, moment, plain, score
from core.ui.shell.job_progress import follow_job, start_job
from core.ui.shell.links import page_link
from core.ui.shell.messages import empty, explained
from core.ui.train.forecast import Forecast, forecast
from core.ui.train.pin_champion import pin_champion
from core.ui.train.promote_now import promote_now
from core.ui.train.training_progress import training_progress
from core.workloads import get_workload
from core.workloads.base import LearnsLabels, Workload

_SIGNS = {
    "nothing": ":material/inbox:",
    "first": ":material/model_training:",
    "keep": ":material/check_circle:",
    "retrain": ":material/trending_down:",
    "unknown": ":material/help:",
    "wait": ":material/hourglass_empty:",
    "compare": ":material/balance:",
}

_WITHOUT = {
    False: "No model yet. The first check on a dataset trains one and makes it champion.",
    True: "No champion yet; the starter model is serving. The first check on a dataset makes it champion.",
}


def check(actor: Actor, workload: str) -> None:
    """The two cards, the buttons and the job."""
    with explained():
        newest, held = _newest(workload)
    try:
        best = champion(workload)
    except RegistryError as error:
        st.error(plain(str(error)), icon=":material/cloud_off:")
        best = None
    measured = _measured(workload, best, newest)
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, key="champion_card", height="stretch"):
        _champion_card(workload, best, measured, newest)
        if best is not None:
            pin_champion(actor, workload)
    with right, st.container(border=True, key="gate_card", height="stretch"):
        _gate_card(actor, workload, best, newest)
    if held is not None:
        st.warning(f"Dataset {held.id} is quarantined: a check skips it.", icon=":material/gpp_bad:")
        page_link("datasets.py", "See why on Datasets")
    _buttons(actor, workload, newest)
    training_progress(actor, workload, follow_job(actor, jobs.CHECK, workload))


def _newest(workload: str) -> tuple[Dataset | None, Dataset | None]:
    """The newest dataset that a check may use, and the newest one of all when that is quarantined."""
    newest = datasets.newest(workload)
    if newest is None or newest.status != datasets.QUARANTINED:
        return newest, None
    try:
        return datasets.latest(workload), newest
    except datasets.NoDatasetError:
        return None, newest


def _measured(workload: str, best: Version | None, newest: Dataset | None) -> Evaluation | None:
    """The champion on the newest dataset, when it was measured there."""
    if best is None or newest is None:
        return None
    with explained():
        known = decisions.evaluations(workload)
    return next((e for e in known if e.version == best.version and e.dataset_id == newest.id), None)


def _champion_card(workload: str, best: Version | None, measured: Evaluation | None, newest: Dataset | None) -> None:
    st.markdown("**Champion**")
    if best is None:
        empty(_WITHOUT[get_workload(workload).has_starter], ":material/trophy:")
        return
    figure, facts = st.columns((1, 1), wrap=False)
    figure.metric("Version", f"v{best.version}", icon=":material/trophy:")
    metric = get_workload(workload).metric
    value = score(measured.value) if measured else "–"
    facts.metric(
        metric,
        value,
        help="On all of the dataset when the version was not trained on it, otherwise on its holdout.",
    )
    if measured is not None and newest is not None:
        interval = f"{score(measured.ci_low)} to {score(measured.ci_high)}"
        st.caption(f"95 % interval {interval}, on dataset {newest.id}")
    elif newest is not None:
        st.caption(f"Not evaluated on dataset {newest.id} yet.")
    origin = f"Trained on dataset {best.dataset_id}" if best.dataset_id else "Starter model, registered"
    st.caption(f"{origin}, {ago(best.created_at)} ({moment(best.created_at)})")


def _gate_card(actor: Actor, workload: str, best: Version | None, newest: Dataset | None) -> None:
    learnt = get_workload(workload)
    st.markdown("**What a check would do**")
    with explained():
        seen = _forecast(workload, best, newest)
    st.markdown(f"{_SIGNS[seen.action]} {seen.text}")
    if seen.waiting is not None:
        promote_now(actor, workload, seen.waiting)
    if newest is not None:
        made = f"{newest.rows:,} {learnt.unit}, {ago(newest.created_at)} by {plain(newest.created_by)}"
        st.caption(f"Newest data: dataset {newest.id} ({made}).")
    st.caption(
        f"A check trains a challenger when {learnt.metric} is below {score(learnt.threshold)}, or {_reasons(learnt)}. "
        "It is promoted only when it is significantly better on data that neither model has seen."
    )


def _reasons(learnt: Workload) -> str:
    """What else asks for a training."""
    least = get_settings().retrain_new_labels
    if not learnt.cumulative:
        return "the champion's loss rose, or a model fitted to the new data would be better"
    if least and isinstance(learnt, LearnsLabels):
        return f"{least} labelled images are new, or the new ones differ from those that it was trained on"
    return "new images differ from those that it was trained on"


def _forecast(workload: str, best: Version | None, newest: Dataset | None) -> Forecast:
    learnt = get_workload(workload)
    policy, upcoming = Policy.of(learnt), next_dataset(workload) if newest is not None else None
    measured = _measured(workload, best, upcoming)
    if best is None or upcoming is None:
        return forecast(best, upcoming, measured, None, None, policy, learnt.has_starter)
    judged, challenge = settled(upcoming, best, policy), history.challenge(workload, best)
    due = full_training_due(workload, upcoming)
    return forecast(best, upcoming, measured, judged, challenge, policy, cumulative=learnt.cumulative, full=due)


def _buttons(actor: Actor, workload: str, newest: Dataset | None) -> None:
    allowed = actor.role.rank >= Role.EDITOR.rank
    off = not allowed or newest is None
    with st.container(horizontal=True, vertical_alignment="center"):
        check_it = st.button("Run check", type="primary", icon=":material/fact_check:", key="btn_check", disabled=off)
        force_it = st.button(
            "Force retraining",
            icon=":material/bolt:",
            key="btn_force",
            disabled=off,
            help="Trains a challenger even when the gate does not ask for it. It waits for data that it has not seen, "
            "and is promoted only when it is better there.",
        )
    if not allowed:
        st.caption(":material/lock: Requires the editor role. An admin can change your role under Admin → Users.")
    elif newest is None:
        page_link("datasets.py", "Create a dataset first")
    if (check_it or force_it) and start_job(actor, jobs.CHECK, workload, {"forced": force_it}):
        st.rerun()
