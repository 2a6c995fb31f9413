"""Keeps streamlit-webrtc from closing a stream that somebody watches.

A stream whose page was left has to go, and streamlit-webrtc notices that by counting: the runs that went by since it
was last drawn. But it reads a count that Streamlit's event loop keeps, and on a busy machine that lags behind the
runs: two of them are counted between two drawings that followed each other, and a stream in good health is closed in
the middle of a click. What Streamlit itself keeps of the element is no guess: it goes with the first run that leaves
the element out.
"""

from __future__ import annotations

import streamlit as st
from streamlit_webrtc.component import generate_frontend_component_key

_LONG_AGO = -1


def keep_watched_streams(key: str) -> None:
    """To be called just before ``webrtc_streamer(key)``: says whether the last run that ended had drawn it too."""
    context = st.session_state.get(key)
    if context is None:  # never drawn before
        return
    stayed = generate_frontend_component_key(key) in st.session_state
    # None leaves streamlit-webrtc nothing to count from; from long ago it ends what was left behind.
    context._last_rendered_run_count = None if stayed else _LONG_AGO
