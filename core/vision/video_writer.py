"""Writes videos for any browser: H.264 in MP4, each frame with its own timestamp."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.vision.detections import Pixels

if TYPE_CHECKING:
    from av.container import OutputContainer

_TICKS_PER_S = 90_000


class VideoWriter:
    """Accepts frames one by one; see :func:`writing`."""

    def __init__(self, container: OutputContainer, rate: Fraction) -> None:
        self._container = container
        self._rate = rate
        self._stream: Any = None
        self._last = -1

    def add(self, pixels: Pixels, seconds: float) -> None:
        """Append a frame, shape (height, width, 3), both sides even; all are scaled to the size of the first one."""
        import av

        if self._stream is None:
            self._start(pixels.shape[1], pixels.shape[0])
        frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
        frame = frame.reformat(self._stream.width, self._stream.height, "yuv420p")
        # Timestamps must increase, whatever the source file contains.
        self._last = frame.pts = max(self._last + 1, round(seconds * _TICKS_PER_S))
        frame.time_base = Fraction(1, _TICKS_PER_S)
        self._container.mux(self._stream.encode(frame))

    def _start(self, width: int, height: int) -> None:
        self._stream = self._container.add_stream("libx264", rate=self._rate)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, _TICKS_PER_S)
        self._stream.options = {"preset": "veryfast", "crf": "23"}

    def finish(self) -> None:
        """Flush the encoder."""
        if self._stream is not None:
            self._container.mux(self._stream.encode())


@contextmanager
def writing(path: Path, rate: Fraction) -> Iterator[VideoWriter]:
    """A writer to ``path`` at about ``rate`` frames per second. Raises ``OSError`` when it cannot be written."""
    import av

    # The index in front: a browser then plays before it has all.
    options = {"movflags": "faststart"}
    with path.open("wb") as file, av.open(file, "w", format="mp4", options=options) as container:
        writer = VideoWriter(container, rate)
        yield writer
        writer.finish()
