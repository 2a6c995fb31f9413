"""Draws a Plotly figure on the page. The figures are built in ``core.workloads.charts``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import plotly.graph_objects as go

_CONFIG = {"displayModeBar": False, "scrollZoom": False}
_INK = ("#1e2430", "#e8e6df")


def show(figure: go.Figure, key: str, alt: str, on_select: Callable[[], None] | None = None) -> None:
    """Draw ``figure`` across the page's width; ``alt`` is the text alternative.

    ``on_select`` is called when a point was clicked; ``st.session_state[key]`` then holds the selection.
    """
    # Streamlit's theme greys out annotations; these contain the numbers.
    figure.update_annotations(font_color=_INK[st.context.theme.type == "dark"])
    st.plotly_chart(
        figure,
        width="stretch",
        theme="streamlit",
        key=key,
        config=_CONFIG,
        alt=alt,
        on_select=on_select or "ignore",
        selection_mode="points",
    )
