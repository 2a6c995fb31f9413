"""Train: how a decision came about, champion against challenger."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core import decisions
from core.catalog.tables import Decision
from core.ui import charts
from core.ui.charts import BLUE, GREEN, Interval
from core.ui.formats import ago, moment, plain
from core.ui.messages import empty, explained
from core.ui.timeline import LOOKS
from core.workloads import get_workload
from core.workloads.base import p_text

_SHOWN = 20


def decision_card(workload: str) -> None:
    """The newest decision, or an earlier one of choice."""
    with explained():
        known = decisions.latest(workload, limit=_SHOWN)
    st.subheader("Decisions", anchor=False)
    if not known:
        empty("Nothing was decided yet. Every check ends in a decision, shown here with its figures.")
        return
    # A new decision makes a new widget, which shows it: whoever looked at an old one waited for this.
    key = f"decision_shown_{known[0].id}"
    chosen = st.selectbox("Decision", known, format_func=_name, key=key, label_visibility="collapsed")
    if chosen is not None:
        with st.container(border=True, key="decision_card"):
            _card(workload, chosen)


def _name(decision: Decision) -> str:
    return f"{LOOKS[decision.kind].label.capitalize()} · {moment(decision.at)}"


def _card(workload: str, decision: Decision) -> None:
    look = LOOKS[decision.kind]
    drift = " :orange-badge[:material/warning: drift]" if decision.drift else ""
    st.markdown(f":{look.tint}-badge[{look.icon} {look.label}]{drift} :small[{ago(decision.at)}]")
    st.markdown(plain(decision.reason))
    details = decision.details or {}
    sides = _sides(decision, details)
    if not sides:
        return
    learnt = get_workload(workload)
    measured = [
        Interval(label, figures["value"], figures["ci"][0], figures["ci"][1], colour)
        for label, figures, colour in zip(sides, sides.values(), (BLUE, GREEN), strict=False)
    ]
    words = "; ".join(f"{item.label} {item.value:.3f} ({item.low:.3f} to {item.high:.3f})" for item in measured)
    charts.show(charts.intervals(measured, learnt.threshold, learnt.metric), "decision_intervals", words)
    _matrices(sides)
    _tests(details)


def _sides(decision: Decision, details: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Label → figures, the champion first."""
    found = {}
    for role, version in (("champion", decision.champion_version), ("challenger", decision.challenger_version)):
        if details.get(role):
            found[f"{role} v{version}"] = details[role]
    return found


def _matrices(sides: dict[str, dict[str, Any]]) -> None:
    shown = {label: figures for label, figures in sides.items() if figures.get("confusion_matrix")}
    if not shown:
        return
    for place, (label, figures) in zip(st.columns(2), shown.items(), strict=False):
        with place:
            st.markdown(f"**{label}** :small[on {figures['samples']:,} holdout rows]")
            counts = figures["confusion_matrix"]
            alt = f"Confusion matrix of {label}: {counts}"
            charts.show(charts.confusion(counts), f"confusion_{label.split()[0]}", alt)
            st.caption(f"log-loss {_number(figures.get('log_loss'))} · ROC-AUC {_number(figures.get('roc_auc'))}")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _tests(details: dict[str, Any]) -> None:
    """The paired test and the drift tests, as their numbers."""
    if comparison := details.get("comparison"):
        _paired(comparison)
    if drift := details.get("drift"):
        st.markdown("**Drift against the champion's training data**")
        st.caption(plain(drift["summary"]))
        if drift["tests"]:
            rows = [{**test, "p_adjusted": p_text(test["p_adjusted"]).removeprefix("p ")} for test in drift["tests"]]
            st.dataframe(rows, hide_index=True, column_config=_DRIFT_COLUMNS, alt="Drift tests per feature")


def _paired(comparison: dict[str, Any]) -> None:
    """``comparison`` is a :class:`core.workloads.base.Comparison`; each workload has tests of its own."""
    test = comparison["details"]
    if not test:  # a first model is compared with nothing
        return
    st.markdown(f"**Paired comparison** :small[{plain(str(test.get('test', '')))}, the same holdout rows]")
    with st.container(horizontal=True, gap="large"):
        for name, label in (
            ("only_first_right", "Only champion right"),
            ("only_second_right", "Only challenger right"),
        ):
            if name in test:
                st.metric(label, f"{test[name]:,}", width="content")
        st.metric("Chance alone", p_text(comparison["p_value"]), width="content")


_DRIFT_COLUMNS = {
    "distance": st.column_config.NumberColumn("KS distance", format="%.3f"),
    "p_adjusted": st.column_config.TextColumn("p (adjusted)"),
}
