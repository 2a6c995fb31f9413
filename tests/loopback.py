"""A browser's part of a video connection, played by aiortc: real WebRTC over loopback, no browser."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from av import VideoFrame
from streamlit_webrtc import WebRtcMode
from streamlit_webrtc.webrtc import WebRtcWorker

from core.live.engine_pool import EnginePool
from core.live.frames import Model
from core.live.viewer import Viewer, ViewerOptions
from core.ui.live.frame_dropping import NewestRelay
from core.ui.live.stream import worked_on
from core.vision import drawing
from core.vision.detections import Pixels
from tests.live import picture

RATE = 30


class Camera(VideoStreamTrack):  # type: ignore[misc]
    """Sends thirty pictures a second; ``count`` is the number of the next one."""

    def __init__(self, shown: Callable[[int], Pixels]) -> None:
        super().__init__()
        self._shown = shown
        self.count = 0

    async def recv(self) -> VideoFrame:
        await asyncio.sleep(1 / RATE)
        frame = VideoFrame.from_ndarray(self._shown(self.count), format="bgr24")
        frame.pts, frame.time_base = self.count * 90_000 // RATE, Fraction(1, 90_000)
        self.count += 1
        return frame


class Loop:
    """An event loop in a thread of its own, as Streamlit has one."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.relay = NewestRelay()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: object, timeout: float = 60) -> object:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout)  # type: ignore[arg-type]

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@contextmanager
def event_loop() -> Iterator[Loop]:
    made = Loop()
    try:
        yield made
    finally:
        made.close()


def worker_for(viewer: Viewer, loop: Loop) -> WebRtcWorker:
    """The server's side, with the options that the page uses."""
    nothing = dict.fromkeys(
        (
            "source_video_track",
            "source_audio_track",
            "sink_video_track",
            "sink_audio_track",
            "player_factory",
            "in_recorder_factory",
            "out_recorder_factory",
            "audio_frame_callback",
            "queued_video_frames_callback",
            "queued_audio_frames_callback",
            "on_audio_ended",
            "video_processor_factory",
            "audio_processor_factory",
        )
    )
    return WebRtcWorker(
        mode=WebRtcMode.SENDRECV,
        rtc_configuration=RTCConfiguration(iceServers=[]),
        video_frame_callback=lambda frame: worked_on(viewer, frame),
        on_video_ended=viewer.end,
        async_processing=True,
        video_receiver_size=4,
        audio_receiver_size=4,
        sendback_video=True,
        sendback_audio=False,
        loop=loop.loop,
        relay=loop.relay,
        **nothing,
    )


class Caller:
    """Connects to a worker and takes what comes back."""

    def __init__(self, loop: Loop, shown: Callable[[int], Pixels]) -> None:
        self.camera = Camera(shown)
        self._loop = loop
        self._peer: RTCPeerConnection | None = None
        self._track: asyncio.Future[object] | None = None

    def connect(self, worker: WebRtcWorker) -> None:
        offer = self._loop.run(self._offer())
        answer = worker.process_offer(offer.sdp, offer.type, timeout=30)  # type: ignore[attr-defined]
        self._loop.run(self._peer.setRemoteDescription(RTCSessionDescription(answer.sdp, answer.type)))  # type: ignore[union-attr]

    async def _offer(self) -> RTCSessionDescription:
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._track = asyncio.get_running_loop().create_future()
        self._peer.on("track", lambda track: self._track.done() or self._track.set_result(track))  # type: ignore[union-attr]
        self._peer.addTrack(self.camera)
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return self._peer.localDescription

    def frame(self) -> Pixels:
        """The next picture that comes back."""

        async def received() -> VideoFrame:
            track = await asyncio.wait_for(self._track, 30)  # type: ignore[arg-type]
            return await asyncio.wait_for(track.recv(), 30)  # type: ignore[attr-defined]

        frame: VideoFrame = self._loop.run(received())  # type: ignore[assignment]
        return np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)

    def hang_up(self) -> None:
        self._loop.run(self._peer.close())  # type: ignore[union-attr]


def looks_like(pixels: Pixels, colour: drawing.Colour) -> int:
    """How many pixels have about this colour, as far as a video's compression leaves it."""
    return int((np.abs(pixels.astype(int) - colour).max(axis=2) < 45).sum())


def call(loop: Loop, viewer: Viewer, until: object) -> list[Pixels]:
    """Connect, look at what comes back until ``until`` likes a frame, hang up."""
    worker, caller = worker_for(viewer, loop), Caller(loop, lambda number: picture("rock"))
    try:
        caller.connect(worker)
        seen = [caller.frame()]
        while not until(seen[-1]) and len(seen) < 300:  # type: ignore[operator]
            seen.append(caller.frame())
        return seen
    finally:
        caller.hang_up()
        worker.stop()


def boxed(pixels: Pixels) -> bool:
    return looks_like(pixels, drawing.MAIN) > 100


def viewer_of(pool: EnginePool, used: Model) -> Viewer:
    return Viewer(pool, ViewerOptions(lambda: used, mirrored=False))
