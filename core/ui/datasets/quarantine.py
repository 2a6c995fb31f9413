"""Datasets: why one is quarantined, a picture of what is off, and the form that accepts it."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor, Role
from core.catalog.tables import Dataset
from core.config.messages import render
from core.storage import datasets
from core.ui.shell.charts import show
from core.ui.shell.confirm import attempt
from core.ui.shell.formats import moment, plain
from core.ui.shell.messages import note
from core.workloads.contract import Finding, findings_from_json
from core.workloads.contract_charts import picture

STATUS = {
    datasets.UNVALIDATED: "not checked yet",
    datasets.VALID: "valid",
    datasets.QUARANTINED: "quarantined",
    datasets.ACCEPTED: "accepted",
}
"""Status as it is shown."""

_BADGES = {
    datasets.UNVALIDATED: (":material/hourglass_empty:", "gray"),
    datasets.VALID: (":material/check:", "green"),
    datasets.QUARANTINED: (":material/gpp_bad:", "red"),
    datasets.ACCEPTED: (":material/verified_user:", "orange"),
}


def status_badge(dataset: Dataset) -> None:
    """The status in a word."""
    icon, colour = _BADGES[dataset.status]
    st.badge(STATUS[dataset.status], icon=icon, color=colour)  # type: ignore[arg-type]


def quarantine(actor: Actor, dataset: Dataset) -> None:
    """The reasons with their pictures, and the form; of an accepted dataset who accepted it and why."""
    found = findings_from_json(dataset.findings)
    if dataset.status == datasets.QUARANTINED:
        st.error(
            "**Quarantined.** This dataset breaks the data contract. Nothing is trained on it or evaluated on it until "
            "an editor accepts it.",
            icon=":material/gpp_bad:",
        )
        _reasons(found)
        _accept_form(actor, dataset)
    elif dataset.status == datasets.ACCEPTED and dataset.accepted_at is not None:
        who, why = plain(dataset.accepted_by or ""), plain(dataset.accepted_reason or "")
        st.warning(f"Accepted by {who} at {moment(dataset.accepted_at)}: {why}", icon=":material/verified_user:")
        with st.expander("Why it was quarantined"):
            _reasons(found)


def _reasons(found: tuple[Finding, ...]) -> None:
    for number, one in enumerate(found):
        st.markdown(f":material/arrow_right: {plain(render(one.message))}")
        view = picture(one.evidence)
        if view.figure is not None:
            show(view.figure, f"finding_{number}", view.alt)


def _accept_form(actor: Actor, dataset: Dataset) -> None:
    allowed = actor.role.rank >= Role.EDITOR.rank
    with st.form("accept_dataset", border=False):
        reason = st.text_input(
            "Reason for accepting it",
            max_chars=datasets.REASON_MAX,
            key="accept_reason",
            disabled=not allowed,
            placeholder="Such as: the sensor now measures in centimetres",
        )
        pressed = st.form_submit_button(
            "Accept", icon=":material/verified_user:", key="btn_accept_dataset", disabled=not allowed
        )
    if not allowed:
        st.caption(
            ":material/lock: Accepting requires the editor role. An admin can change your role under Admin → Users."
        )
    refusals = (datasets.ReasonMissingError, datasets.NotQuarantinedError, LookupError)
    if pressed and attempt(lambda who: _accept(who, dataset.id, reason), refusals):
        note(f"Dataset {dataset.id} is accepted: the next check uses it.")
        st.rerun()


def _accept(who: Actor, dataset_id: int, reason: str) -> None:
    datasets.accept(who, dataset_id, reason)
