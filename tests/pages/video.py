"""What stands in AppTest where a browser sends its video."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from av import VideoFrame

from core.vision.detections import Pixels


@dataclass
class Video:
    """Stands where the browser's part of ``webrtc_streamer`` stands: on or off, and able to send frames."""

    playing: bool = False
    signalling: bool = False
    options: dict[str, Any] | None = None

    def __call__(self, **options: Any) -> SimpleNamespace:
        self.options = options
        return SimpleNamespace(state=SimpleNamespace(playing=self.playing, signalling=self.signalling))

    def send(self, pixels: Pixels) -> Pixels:
        assert self.options is not None
        frame = VideoFrame.from_ndarray(pixels, format="bgr24")
        answered: Pixels = self.options["video_frame_callback"](frame).to_ndarray(format="bgr24")
        return answered
