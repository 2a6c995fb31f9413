"""Draws what workloads hand over as pure data, and hands them the champion that they draw."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from core.models.registry import Version
from core.storage import datasets
from core.ui.shell.champion_cache import champion_with_predictor
from core.ui.shell.charts import show
from core.ui.shell.messages import explained
from core.workloads.base import Champion, Metric, Note, View

_SIGNS = {
    "info": (st.info, ":material/info:"),
    "warning": (st.warning, ":material/warning:"),
    "success": (st.success, ":material/check_circle:"),
}
_OWN_ICON = re.compile(r"^(:material/\w+:)\s+")


def champion_to_draw(workload: str) -> Champion | None:
    """The champion with its training data; None while there is no model. What stands in the way is said on the page."""
    found = champion_with_predictor(workload)
    if found is None:
        return None
    return as_champion(*found)


def as_champion(version: Version, predictor: Any) -> Champion:
    """What workloads draw: the model with its training data, as far as that is still there."""
    with explained():
        trained_on = datasets.by_sha256(version.dataset_sha256) if version.dataset_sha256 else None
    return Champion(version.version, predictor, trained_on)


def show_view(view: View, key: str, on_select: Callable[[], None] | None = None) -> None:
    """The picture, the figures below it, and what is to be said about them. ``key`` is the picture's."""
    if view.figure is not None:
        show(view.figure, key, view.alt, on_select)
    show_metrics(view.metrics)
    for note in view.notes:
        show_note(note)


def show_metrics(metrics: tuple[Metric, ...]) -> None:
    """Figures side by side, as wide as they are."""
    if not metrics:
        return
    with st.container(horizontal=True, gap="medium"):
        for metric in metrics:
            st.metric(metric.label, metric.value, help=metric.help or None, width="content")


def show_note(note: Note) -> None:
    """A sentence; an icon at its beginning (``:material/trending_down: …``) takes the place of the usual one."""
    say, icon = _SIGNS[note.kind]
    own = _OWN_ICON.match(note.text)
    say(note.text[own.end() :] if own else note.text, icon=own.group(1) if own else icon)
