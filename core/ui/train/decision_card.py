"""Train: a decision in detail, champion against challenger."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.catalog.tables import Decision
from core.config.messages import render
from core.loop import decisions
from core.reporting.timeline import LOOKS
from core.ui.shell.charts import show
from core.ui.shell.formats import ago, duration, moment, plain
from core.ui.shell.messages import empty, explained
from core.ui.train.decision_links import decision_links
from core.ui.train.decision_samples import decision_samples
from core.ui.train.decision_tests import tests
from core.ui.train.evidence import evidence_so_far
from core.ui.train.power import power_so_far
from core.workloads import charts, get_workload
from core.workloads.charts import BLUE, GREEN, Interval

_SHOWN = 20


def decision_card(workload: str) -> None:
    """The newest decision, or an earlier one chosen by the user."""
    with explained():
        known = decisions.latest(workload, limit=_SHOWN)
    st.subheader("Decisions", anchor=False)
    if not known:
        empty("No decisions yet. Every check ends in a decision, shown here with its metrics.")
        return
    # A new decision makes a new widget, which then shows it.
    key = f"decision_shown_{known[0].id}"
    chosen = st.selectbox("Decision", known, format_func=_name, key=key, label_visibility="collapsed")
    if chosen is not None:
        with st.container(border=True, key="decision_card"):
            card(workload, chosen, "decision")


def _name(decision: Decision) -> str:
    return f"{LOOKS[decision.kind].label.capitalize()} · {moment(decision.at)}"


def card(workload: str, decision: Decision, key: str) -> None:
    """One decision with its evidence. ``key`` tells the elements of several cards on a page apart."""
    look = LOOKS[decision.kind]
    drift = " :orange-badge[:material/warning: drift]" if decision.drift else ""
    st.markdown(f":{look.tint}-badge[{look.icon} {look.label}]{drift} :small[{ago(decision.at)}]")
    st.markdown(plain(render(decision.reason)))
    details = decision.details or {}
    evidence_so_far(decision)
    power_so_far(decision)
    sides = _sides(decision, details)
    if sides:
        _evidence(workload, details, sides, key)
    decision_samples(decision, key)
    decision_links(decision)


def _evidence(workload: str, details: dict[str, Any], sides: dict[str, dict[str, Any]], key: str) -> None:
    learnt = get_workload(workload)
    measured = [
        Interval(label, figures["value"], figures["ci"][0], figures["ci"][1], colour)
        for label, figures, colour in zip(sides, sides.values(), (BLUE, GREEN), strict=False)
    ]
    words = "; ".join(f"{item.label} {item.value:.3f} ({item.low:.3f} to {item.high:.3f})" for item in measured)
    show(charts.intervals(measured, learnt.threshold, learnt.metric), f"{key}_intervals", words)
    _figures(sides, learnt.unit, key)
    _calibration(sides, key)
    tests(details, learnt.unit)


def _sides(decision: Decision, details: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Label → metrics, the champion first."""
    found = {}
    for role, version in (("champion", decision.champion_version), ("challenger", decision.challenger_version)):
        if "value" in (details.get(role) or {}):  # a challenger that waits may not have been measured
            found[f"{role} v{version}"] = details[role]
    return found


def _figures(sides: dict[str, dict[str, Any]], unit: str, key: str) -> None:
    """Each model's confusion matrix, where there are classes, and its further figures."""
    for place, (label, figures) in zip(st.columns(2), sides.items(), strict=False):
        with place:
            st.markdown(f"**{label}** :small[on {figures['samples']:,} {unit}]")
            if counts := figures.get("confusion_matrix"):
                names = figures.get("classes", [])
                alt = f"Confusion matrix of {label}{', ' + ', '.join(names) if names else ''}: {counts}"
                show(charts.confusion(counts, names), f"{key}_confusion_{label.split()[0]}", alt)
            st.caption(" · ".join(_words(figures)))


def _calibration(sides: dict[str, dict[str, Any]], key: str) -> None:
    """How far each model's confidence can be believed, where the workload measured it."""
    curves = {
        label: [(bin_["confidence"], bin_["accuracy"]) for bin_ in figures["calibration"]]
        for label, figures in sides.items()
        if figures.get("calibration")
    }
    if not curves:
        return
    st.markdown("**Calibration** :small[how often predictions of this confidence were right]")
    colours = [colour for label, colour in zip(sides, (BLUE, GREEN), strict=False) if label in curves]
    spoken = {
        label: ", ".join(f"{right:.2f} at {sure:.2f}" for sure, right in curve) for label, curve in curves.items()
    }
    alt = "; ".join(f"{label}: {words}" for label, words in spoken.items())
    show(charts.calibration(curves, colours), f"{key}_calibration", f"Calibration curves. {alt}.")


def _words(figures: dict[str, Any]) -> list[str]:
    """Further metrics that the workload reports besides its main one."""
    named = {"log_loss": "log loss", "roc_auc": "ROC-AUC", "calibration_error": "ECE", "mae": "MAE", "rmse": "RMSE"}
    skipped = {"value", "samples", "training_s"}
    words = [
        f"{plain(named.get(name, name.replace('_', ' ')))} {_number(value)}"
        for name, value in figures.items()
        if name not in skipped and (value is None or isinstance(value, float))
    ]
    took = figures.get("training_s")
    return words if took is None else [*words, f"trained in {plain(duration(took))}"]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
