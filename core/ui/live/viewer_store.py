"""This tab's viewer, and what all viewers of this process share."""

from __future__ import annotations

import streamlit as st

from core.live.capture_labels import image_saver
from core.live.engine_pool import EnginePool
from core.live.model_cache import ModelCache
from core.live.viewer import Viewer, Wishes

_VIEWER = "live_viewer"


def viewer() -> Viewer:
    """Made on the first visit; goes with the tab's session."""
    if _VIEWER not in st.session_state:
        made = Viewer(_pool(), Wishes(model_cache().current))
        made.recorder.keep = image_saver(lambda: made.model)
        st.session_state[_VIEWER] = made
    found: Viewer = st.session_state[_VIEWER]
    return found


@st.cache_resource(show_spinner=False)
def model_cache() -> ModelCache:
    """Follows the champion, for everybody who watches it."""
    return ModelCache()


@st.cache_resource(show_spinner=False)
def _pool() -> EnginePool:
    return EnginePool()
