"""The timeline with its filters: workload and time range."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from core.auth.roles import Actor
from core.catalog.tables import Decision
from core.loop import decisions
from core.ui.overview.timeline import figure
from core.ui.shell.charts import show
from core.ui.shell.formats import browser_zone
from core.ui.shell.links import may_open, page_link
from core.ui.shell.messages import empty
from core.ui.train.decision_card import card
from core.workloads import WORKLOADS, get_workload

_MOST = 2000
_SPANS = {"Hour": timedelta(hours=1), "Day": timedelta(days=1), "Week": timedelta(days=7), "All": None}


def timeline_section(actor: Actor, workload: str | None = None) -> None:
    """Heading, filters and chart, or the next step while there is nothing to draw.

    Without ``workload`` the user chooses one, when there are several.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("Timeline", width="stretch", anchor=False)
        name = workload or _workload()
        span = st.segmented_control(
            "Show the last", list(_SPANS), default="All", required=True, key="span", label_visibility="collapsed"
        )
    found = decisions.latest(name, limit=_MOST)
    if not found:
        empty("No decisions yet. Once there is data, every check is shown here.", ":material/timeline:")
        if may_open(actor, "datasets.py"):
            page_link("datasets.py", "Create a dataset")
        return
    _chart(name, within(found, _SPANS[span or "All"]))


def within(found: list[Decision], span: timedelta | None, now: datetime | None = None) -> list[Decision]:
    """Those of the last ``span``, or all."""
    if span is None:
        return found
    start = (now or datetime.now(UTC)) - span
    return [one for one in found if one.at >= start]


def _workload() -> str:
    if len(WORKLOADS) == 1:
        return next(iter(WORKLOADS))
    chosen = st.segmented_control(
        "Workload",
        list(WORKLOADS),
        default=next(iter(WORKLOADS)),
        required=True,
        format_func=lambda name: get_workload(name).title,
        key="timeline_workload",
        label_visibility="collapsed",
    )
    return chosen or next(iter(WORKLOADS))


def _chart(name: str, chosen: list[Decision]) -> None:
    if not chosen:
        empty("No decisions in this time range. Choose a longer one.", ":material/timeline:")
        return
    workload = get_workload(name)
    drawn = figure(chosen, workload.threshold, workload.metric, browser_zone())
    last = chosen[0]
    key = f"timeline_{name}"
    alt = f"{workload.metric} over time; {len(chosen)} decisions, the last one: {last.kind}"
    show(drawn, key, alt, on_select=_rerun)
    st.caption(
        "Hover over a marker to read the decision, click on it for its evidence. Drag to zoom in, double-click to zoom "
        "out."
    )
    clicked = _clicked(key)
    if (decision := next((one for one in chosen if one.id == clicked), None)) is not None:
        with st.container(border=True, key="timeline_evidence"):
            card(name, decision, "timeline_evidence")


def _rerun() -> None:
    """A click reruns the page, which then finds the selection."""


def _clicked(key: str) -> int | None:
    """The decision of the marker that was clicked last."""
    selection: Any = st.session_state.get(key)
    points = selection["selection"]["points"] if selection else []
    found = points[0].get("customdata") if points else None
    return (found[0] if isinstance(found, list | tuple) else found) if found is not None else None
