"""The video itself: browser → server → browser over WebRTC."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from av import VideoFrame
from streamlit_webrtc import WebRtcMode, webrtc_streamer

from core.config.ice import rtc_configuration
from core.config.settings import get_settings
from core.live.viewer import Viewer
from core.ui.live.frame_dropping import relay_newest_only
from core.ui.live.webrtc_patches import keep_watched_streams

# They tell each address and candidate of each viewer: of use to nobody here, and personal.
for _library in ("aiortc", "aioice", "streamlit_webrtc", "libav"):
    logging.getLogger(_library).setLevel(logging.WARNING)

_ROUND = "live_round"
_ASKED_AT = "live_asked_at"

# The picture is small because the model looks at 320 px; 4K would only cost.
_CAMERA: dict[str, Any] = {
    "width": {"ideal": 640, "max": 1280},
    "height": {"ideal": 480, "max": 960},
    "frameRate": {"ideal": 30},
}
_WORDS: Any = {
    "start": "Start camera",
    "stop": "Stop camera",
    "select_device": "Select device",
    "media_api_not_available": "This page has no access to a camera. The camera test shows why.",
    "device_not_available": "No camera was found. The camera test shows what to do.",
    "device_access_denied": "Camera access was denied. The camera test shows what to do.",
}


@dataclass(frozen=True, slots=True)
class Stream:
    """``playing``: the browser shows what comes back; ``connecting``: it tries to."""

    playing: bool
    connecting: bool


def video(viewer: Viewer) -> Stream:
    """The video with its start button. Stays connected while the rest of the page reruns."""
    relay_newest_only()
    key = f"live_video_{st.session_state.get(_ROUND, 0)}"
    keep_watched_streams(key)
    settings = get_settings()
    secret = settings.ice_servers.get_secret_value() if settings.ice_servers else None
    context = webrtc_streamer(
        key=key,
        mode=WebRtcMode.SENDRECV,
        rtc_configuration=rtc_configuration(secret, st.context.url, local_too=settings.ice_local),
        media_stream_constraints={"video": _CAMERA, "audio": False},
        video_frame_callback=partial(worked_on, viewer),
        on_video_ended=viewer.end,
        async_processing=True,
        media_toggle_controls=False,
        video_html_attrs={"autoPlay": True, "controls": False, "muted": True, "style": {"width": "100%"}},
        translations=_WORDS,
    )
    stream = Stream(context.state.playing, context.state.signalling and not context.state.playing)
    _note_when_asked(stream)
    return stream


def worked_on(viewer: Viewer, frame: VideoFrame) -> VideoFrame:
    """What comes back for a frame. In the stream's thread: no ``st.*`` in here, and nothing that waits."""
    pixels = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    return VideoFrame.from_ndarray(viewer.process_frame(pixels), format="bgr24")


def reset() -> None:
    """A new connection in place of one that brings no picture. It waits for a press of its start button: started
    by itself, streamlit-webrtc would ask a camera that is gone again and again."""
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def asked_for_s() -> float:
    """Seconds since the camera was switched on; 0 while it is off."""
    asked_at = st.session_state.get(_ASKED_AT)
    return time.monotonic() - asked_at if asked_at is not None else 0.0


def _note_when_asked(stream: Stream) -> None:
    if not (stream.playing or stream.connecting):
        st.session_state.pop(_ASKED_AT, None)
        return
    st.session_state.setdefault(_ASKED_AT, time.monotonic())
