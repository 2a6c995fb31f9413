"""This tab's viewer, and what all viewers of this process share."""

from __future__ import annotations

import streamlit as st

from core.live.capture_labels import image_saver
from core.live.engine_pool import EnginePool
from core.live.model_cache import ModelCache
from core.live.viewer import Viewer, ViewerOptions
from core.workloads.image_collections import collection_of, helper_of

_VIEWER, _WORKLOAD = "live_viewer", "live_viewer_workload"


def viewer(workload: str) -> Viewer:
    """Made on the first visit; goes with the tab's session. With another workload it turns to that one's champion."""
    if _VIEWER not in st.session_state:
        st.session_state[_VIEWER] = Viewer(_pool(), ViewerOptions(model_cache(workload).current))
    found: Viewer = st.session_state[_VIEWER]
    if st.session_state.get(_WORKLOAD) != workload:
        st.session_state[_WORKLOAD] = workload
        _turn_to(found, workload)
    return found


def _turn_to(viewer: Viewer, workload: str) -> None:
    """What ran for the other workload ends: a recording, a game, a second model beside the first."""
    viewer.recorder.end()
    viewer.give_up()
    viewer.wishes = ViewerOptions(model_cache(workload).current)
    viewer.recorder.keep = image_saver(
        lambda: collection_of(workload), lambda: helper_of(workload), lambda: viewer.model
    )


@st.cache_resource(show_spinner=False)
def model_cache(workload: str) -> ModelCache:
    """Follows the champion of ``workload``, for everybody who watches it."""
    return ModelCache(workload)


@st.cache_resource(show_spinner=False)
def _pool() -> EnginePool:
    return EnginePool()
