"""Keeps streamlit-webrtc from queueing: where the processor cannot keep up, frames are left out, never delayed.

Its relay stands between the camera, the callback and the encoder, and buffers without limit: on a busy machine
the picture that comes back is soon seconds old, however quick the callback is. Ours hands over the newest frame.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop

from aiortc import MediaStreamTrack
from aiortc.contrib.media import MediaRelay
from streamlit.runtime import Runtime
from streamlit_webrtc.eventloop import get_global_event_loop, loop_context
from streamlit_webrtc.relay import _SERVER_GLOBAL_RELAY_ATTR_NAME_ as _PLACE


class NewestRelay(MediaRelay):
    """A relay whose subscribers get the newest frame, not all of them."""

    def subscribe(self, track: MediaStreamTrack, buffered: bool = False) -> MediaStreamTrack:
        return super().subscribe(track, buffered=False)


def relay_newest_only() -> None:
    """Make it the relay of this server's streams; does nothing when it is already, or outside of a server."""
    if not Runtime.exists():
        return
    runtime = Runtime.instance()
    loop: object = get_global_event_loop()
    if not isinstance(loop, AbstractEventLoop):  # AppTest puts a dummy in the server's place
        return
    if not isinstance(getattr(runtime, _PLACE, None), NewestRelay):
        with loop_context(loop):
            setattr(runtime, _PLACE, NewestRelay())
