"""One card per workload: the champion, its metric, its training data, and drift."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.config.messages import render
from core.loop.champion_status import ChampionStatus, champion_status
from core.ui.shell.formats import ago, day
from core.ui.shell.links import may_open, page_link
from core.workloads import WORKLOADS, get_workload


def champion_cards(actor: Actor) -> None:
    """All workloads side by side; stacked on a narrow screen."""
    for place, name in zip(st.columns(len(WORKLOADS)), WORKLOADS, strict=True):
        with place, st.container(border=True, key=f"champion-{name}"):
            _card(actor, champion_status(name))


def _card(actor: Actor, shown: ChampionStatus) -> None:
    if shown.version is None:
        st.markdown(f"**{shown.title}** :gray-badge[no champion yet]")
        st.write(_first_step(shown.workload))
        if may_open(actor, "datasets.py"):
            page_link("datasets.py", "Create a dataset")
        return
    st.markdown(f"**{shown.title}** {_badges(shown)}")
    figures, words = st.columns([2, 3], vertical_alignment="center")
    with figures:
        _metric(shown)
    with words:
        for line in facts(shown):
            st.caption(line)
        with st.container(horizontal=True):
            if may_open(actor, "train.py"):
                page_link("train.py", "Train")
            page_link("predict.py", "Predict")
            page_link("runs.py", "Versions", view="versions")


def _first_step(workload: str) -> str:
    if get_workload(workload).has_starter:
        return "The starter model is serving. Create a dataset to evaluate and improve it."
    return "Create a dataset: the first model is then trained automatically."


def _metric(shown: ChampionStatus) -> None:
    value = "–" if shown.value is None else f"{shown.value:.3f}"
    # One value draws no line, and two always draw a full-height step.
    trend = list(shown.trend) if len(shown.trend) > 2 else None
    st.metric(
        shown.metric,
        value,
        chart_data=trend,
        chart_type="area",
        delta_color="red" if shown.under_threshold else "primary",
    )


def _badges(shown: ChampionStatus) -> str:
    badges = [f":green-badge[:material/trophy: champion v{shown.version}]"]
    if shown.pin is not None:
        badges.append(f":violet-badge[:material/keep: pinned until {day(shown.pin.until)}]")
    if shown.under_threshold:
        badges.append(f":red-badge[below threshold {shown.threshold:g}]")
    if shown.drift is True:
        badges.append(":orange-badge[:material/warning: drift]")
    elif shown.drift is False:
        badges.append(":gray-badge[no drift]")
    return " ".join(badges)


def facts(shown: ChampionStatus) -> list[str]:
    """The card's lines of text."""
    lines = []
    if shown.ci_low is not None and shown.ci_high is not None and shown.measured_at is not None:
        interval = f"95 % interval {shown.ci_low:.3f} to {shown.ci_high:.3f}"
        lines.append(f"{interval}, evaluated on dataset {shown.measured_on} · {ago(shown.measured_at)}")
    trained = f"Trained on dataset {shown.dataset_id}" if shown.dataset_id else "Starter model"
    promoted = f" · promoted {ago(shown.promoted_at)}" if shown.promoted_at else ""
    lines.append(trained + promoted)
    lines.append(render(shown.drift_summary) or "No drift test yet.")
    if shown.waiting is not None:
        lines.append(f"Challenger v{shown.waiting} waits for one more dataset, which decides whether it is better.")
    return lines
