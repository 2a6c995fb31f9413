"""Short videos with coloured squares for hands (see ``tests.live``), written by the product's own writer."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from core.vision.detections import Pixels
from core.vision.video_writer import writing
from tests.live import picture

PER_S = 10
LEFT, TOP = 96, 64
"""Where the squares lie: in the middle of what the colour model looks at."""


def write_video(path: Path, throws: Sequence[str | None], width: int = 320, height: int = 320) -> Path:
    """An MP4 of ten frames a second, one per throw (None: an empty picture)."""
    with writing(path, Fraction(PER_S)) as writer:
        for number, throw in enumerate(throws):
            writer.add(picture(throw, LEFT, TOP, width, height), number / PER_S)
    return path


def converted(source: Path, target: Path, form: str, codec: str) -> Path:
    """The same video in another container, as other programs write it."""
    import av

    with av.open(str(source)) as given, av.open(str(target), "w", format=form) as made:
        stream = made.add_stream(codec, rate=PER_S)
        stream.width, stream.height, stream.pix_fmt = 320, 320, "yuv420p"
        for number, frame in enumerate(given.decode(video=0)):
            fresh = av.VideoFrame.from_ndarray(frame.to_ndarray(format="bgr24"), format="bgr24")
            fresh.pts, fresh.time_base = number, Fraction(1, PER_S)
            made.mux(stream.encode(fresh))
        made.mux(stream.encode())
    return target


def turned(source: Path, target: Path) -> Path:
    """The same video with the note that phones write when they were held upright: a quarter turn clockwise."""
    data = source.read_bytes()
    # The display matrix of the track (ISO/IEC 14496-12): nine numbers, 16.16 and 2.30 fixed point.
    straight = bytes.fromhex("00010000" + "00000000" * 3 + "00010000" + "00000000" * 3 + "40000000")
    quarter = bytes.fromhex("00000000" + "00010000" + "00000000" + "ffff0000" + "00000000" * 4 + "40000000")
    place = data.index(straight, data.index(b"tkhd"))
    target.write_bytes(data[:place] + quarter + data[place + len(straight) :])
    return target


def sound_only(path: Path) -> Path:
    """A file with a tenth of a second of silence and no picture."""
    import av
    import numpy as np

    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4410), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def written(path: Path, frames: Sequence[Pixels]) -> Path:
    """An MP4 of ten frames a second; width and height even."""
    with writing(path, Fraction(PER_S)) as writer:
        for number, pixels in enumerate(frames):
            writer.add(pixels, number / PER_S)
    return path
