"""Train: what the datasets so far say, added up."""

from __future__ import annotations

import streamlit as st

from core.catalog.tables import Decision
from core.loop import history
from core.loop.decisions import PENDING
from core.ui.shell import glossary
from core.ui.shell.messages import explained
from core.workloads.base import Evidence

_GAIN = (
    "Mean gain over all samples compared so far: of accuracy, of hands that are right as people see them, or for a "
    "regression the share of the champion's error that is saved. Negative: a loss."
)


def evidence_so_far(decision: Decision) -> None:
    """The evidence on a challenger since the alarm, and on the previous champion since the promotion."""
    details = decision.details or {}
    if decision.kind == PENDING:
        st.markdown(f"**Challenger v{decision.challenger_version}** :small[waits for data that it has not seen]")
    if details.get("evidence"):
        with explained():
            _figures("Challenger against champion, since the alarm", *history.evidence_until(decision))
    if details.get("shadow"):
        with explained():
            _figures("Previous champion in the shadow, since the promotion", *history.shadow_until(decision))


def _figures(title: str, found: Evidence, datasets: int) -> None:
    st.markdown(f"**Evidence** :small[{title}]")
    with st.container(horizontal=True, gap="large"):
        st.metric("Datasets", datasets, width="content")
        st.metric("Mean gain", f"{found.mean_gain:+.4f}", width="content", help=_GAIN)
        st.metric("e-value", e_value_text(found), width="content", help=glossary.TERMS["e-value"])


def e_value_text(found: Evidence) -> str:
    """Three digits; beyond a million how large it is says no more."""
    return f"{found.e_value:.3g}" if found.e_value < 1e6 else "> 1,000,000"
