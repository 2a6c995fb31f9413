"""This tab's viewer, and what all viewers of this process share."""

from __future__ import annotations

import streamlit as st

from core.live.capture_labelling import keeper
from core.live.engine_pool import Hub
from core.live.model_cache import Following
from core.live.viewer import Viewer, Wishes

_VIEWER = "live_viewer"


def viewer() -> Viewer:
    """Made on the first visit; goes with the tab's session."""
    if _VIEWER not in st.session_state:
        made = Viewer(_hub(), Wishes(following().current))
        made.recorder.keep = keeper(lambda: made.model)
        st.session_state[_VIEWER] = made
    found: Viewer = st.session_state[_VIEWER]
    return found


@st.cache_resource(show_spinner=False)
def following() -> Following:
    """Follows the champion, for everybody who watches it."""
    return Following()


@st.cache_resource(show_spinner=False)
def _hub() -> Hub:
    return Hub()
