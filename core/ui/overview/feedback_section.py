"""The champions' accuracy on feedback: a chart with its interval, and who gave how many labels."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from core.auth.roles import Actor, Role
from core.auth.tokens import list_tokens
from core.config.settings import get_settings
from core.loop import feedback
from core.loop.champion_status import champion_status
from core.loop.confidence_sequence import Intervals
from core.loop.feedback import FeedbackSummary, PersonFeedback
from core.ui.shell.charts import show
from core.ui.shell.formats import counted
from core.workloads import WORKLOADS, get_workload
from core.workloads.charts import BLUE, GREY, LEGEND, MARGIN, faded

if TYPE_CHECKING:
    import plotly.graph_objects as go


def feedback_section(actor: Actor) -> None:
    """One chart for each champion that has labels; nothing while there are none."""
    for name in WORKLOADS:
        version = champion_status(name).version
        state = None if version is None else feedback.newest(name, version)
        if version is None or state is None:
            continue
        _section(actor, name, version, _summary(name, version, *state))


def _section(actor: Actor, name: str, version: int, summary: FeedbackSummary) -> None:
    title = get_workload(name).title
    st.subheader(f"Accuracy on feedback: {title} v{version}", anchor=False)
    shown = summary.accuracy()
    if len(shown.labels):
        reference = feedback.promotion_day(name, version)
        before = reference.value if reference else None
        words = in_words(shown)
        show(figure(shown, before), f"feedback_{name}", f"{title}: {words}")
        st.caption(f"{words[0].upper()}{words[1:]}. The interval holds however often one looks.")
    for line in left_out(summary):
        st.caption(line)
    if actor.role.rank >= Role.EDITOR.rank:
        with st.expander("Labels by person", icon=":material/group:"):
            names = {f"token:{token.id}": f"token {token.name}" for token in list_tokens()}
            st.dataframe([row(one, names.get(one.person, one.person)) for one in summary.people], hide_index=True)


def left_out(summary: FeedbackSummary) -> list[str]:
    """What does not count, and why."""
    lines, beyond = [], sum(one.beyond for one in summary.people)
    if summary.disputed:
        disputed = counted(summary.disputed, "prediction")
        lines.append(f"{disputed} not counted: as many people say one label as another.")
    if beyond:
        daily = get_settings().feedback_person_daily
        lines.append(f"{counted(beyond, 'label')} not counted: of each person {daily:,} a day count.")
    return lines


def in_words(shown: Intervals) -> str:
    """The newest value with its interval."""
    mean, low, high = (float(part[-1]) for part in (shown.mean, shown.low, shown.high))
    labels = counted(int(shown.labels[-1]), "labelled prediction")
    return f"{mean:.3f} on {labels}, 95 % interval {low:.3f} to {high:.3f}"


def figure(shown: Intervals, before: float | None) -> go.Figure:
    """The running accuracy over the number of labels, its confidence sequence, and what it was when promoted."""
    import plotly.graph_objects as go

    drawn, edges = go.Figure(), {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    drawn.add_scatter(x=shown.labels, y=shown.low, showlegend=False, **edges)
    drawn.add_scatter(
        x=shown.labels, y=shown.high, fill="tonexty", fillcolor=faded(BLUE, 0.18), name="95 % interval", **edges
    )
    drawn.add_scatter(
        x=shown.labels,
        y=shown.mean,
        mode="lines+markers" if len(shown.labels) < 10 else "lines",
        name="accuracy on feedback",
        line={"color": BLUE, "width": 2},
        customdata=list(zip(shown.low, shown.high, strict=True)),
        hovertemplate="%{x:,} labels: %{y:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f})<extra></extra>",
    )
    if before is not None:
        line = {"color": GREY, "dash": "dash", "width": 1.5}
        drawn.add_hline(before, line=line, name=f"when promoted {before:.3f}", showlegend=True)
    drawn.update_layout(
        height=260, margin=MARGIN, legend=LEGEND, xaxis_title="labelled predictions", yaxis_title="accuracy"
    )
    drawn.update_xaxes(rangemode="tozero")
    # The first labels say little: their wide intervals would leave no room for the others.
    lowest = float(shown.low[shown.labels >= shown.labels[-1] / 10].min())
    drawn.update_yaxes(tickformat=".2~f", range=[max(0.0, lowest - 0.02), 1.01])
    return drawn


def row(one: PersonFeedback, name: str) -> dict[str, object]:
    """A line of the table; ``name`` is what the person is called there."""
    return {
        "Person": name,
        "Labels": one.labels,
        "Agree with the model": one.agreeing,
        "Contradict others": one.contradicting,
        "Beyond the daily limit": one.beyond,
    }


@st.cache_data(show_spinner=False, max_entries=20)
def _summary(workload: str, version: int, number: int, newest: int, at: datetime) -> FeedbackSummary:
    """``number``, ``newest`` and ``at`` change with every label."""
    return feedback.summarise(feedback.labels(workload, version))
