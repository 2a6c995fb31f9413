"""Video prediction: validate a file, read it frame by frame, write it with boxes for any browser.

PyAV (FFmpeg's libraries) reads and writes; it is imported inside the functions. An uploaded file is opened only as the
container that its first bytes show, from a file object: other formats of FFmpeg include playlists that open further
files and addresses.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.config.messages import say
from core.config.progress import Report
from core.config.settings import get_settings
from core.vision.detection_formats import COLUMNS, draw_detections, to_rows
from core.vision.detections import Detector, Pixels
from core.vision.video_writer import writing

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

SUFFIXES = ("mp4", "mov", "m4v", "webm", "mkv", "avi")

_MOST_PIXELS = 4096 * 2304
_MOST_FRAMES_PER_S = 121
_WRITTEN_SIDE = 1280
_TELL_EVERY_S = 0.5


class BadVideoError(ValueError):
    """The file is not a usable video; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """Frame size in pixels, number of frames, and duration in seconds."""

    width: int
    height: int
    frames: int
    seconds: float


@dataclass(frozen=True, slots=True)
class AnnotatedVideo:
    """Result of :func:`annotate`: ``frames`` written, ``found`` of them with at least one box; ``cut_off``: the file is
    truncated.
    """

    frames: int
    seconds: float
    found: int
    boxes: int
    cut_off: bool


def inspect_video(path: Path) -> VideoInfo:
    """Count the frames without decoding them. Raises :class:`BadVideoError`."""
    with _opened(path) as (container, stream):
        _check_size(stream.codec_context.width, stream.codec_context.height)
        frames, end = 0, 0.0
        for packet in container.demux(stream):
            if packet.size:
                frames += 1
                end = max(end, float((packet.pts or 0) * packet.time_base) if packet.time_base else 0.0)
        seconds = max(end, _declared(container)) if frames else 0.0
    facts = VideoInfo(stream.codec_context.width, stream.codec_context.height, frames, seconds)
    _check_length(facts)
    return facts


def annotate(
    source: Path, video: Path, table: Path, model: Detector, confidence: float, report: Report
) -> AnnotatedVideo:
    """Write ``source`` with boxes as MP4 to ``video``, and each box as a CSV row to ``table``.

    Sound is dropped. A truncated file is processed up to its end. Raises :class:`BadVideoError`, and ``OSError`` when
    the disk is full; the caller deletes partial output.
    """
    facts = inspect_video(source)
    frames, with_boxes, boxes, seconds, tell_at = 0, 0, 0, 0.0, 0.0
    with (
        table.open("w", encoding="utf-8", newline="") as file,
        _opened(source) as (container, stream),
        writing(video, _rate(stream)) as writer,
    ):
        lines = csv.DictWriter(file, ("frame", "seconds", *COLUMNS))
        lines.writeheader()
        for frame in _frames(container, stream):
            pixels = _upright(frame)
            found = model.detect(pixels, confidence)
            seconds = float(frame.time) if frame.time is not None else frames / float(_rate(stream))
            writer.add(draw_detections(pixels, found, model.classes), seconds)
            place = {"frame": frames, "seconds": round(seconds, 3)}
            lines.writerows({**place, **row} for row in to_rows(found, model.classes))
            frames, with_boxes, boxes = frames + 1, with_boxes + bool(len(found)), boxes + len(found)
            if time.monotonic() >= tell_at:
                report(min(0.99, frames / facts.frames), say("video.progress", done=frames, total=facts.frames))
                tell_at = time.monotonic() + _TELL_EVERY_S
    if not frames:
        raise BadVideoError("No frame in this video can be read. Save it again as MP4 and retry.")
    # A file that is cut off still claims all its frames, or at least its length.
    short = frames < 0.97 * max(facts.frames, stream.frames) or seconds < 0.9 * facts.seconds - 0.5
    return AnnotatedVideo(frames, seconds, with_boxes, boxes, short)


def _declared(container: InputContainer) -> float:
    """The duration that the file declares, in seconds; 0 when it declares none."""
    return container.duration / 1_000_000 if container.duration else 0.0


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its first video stream. Raises :class:`BadVideoError`, also for errors inside the block."""
    import av

    with path.open("rb") as file:
        form = _form_of(file.read(16))
        file.seek(0)
        try:
            with av.open(file, "r", format=form) as container:
                if not container.streams.video:
                    raise BadVideoError("There is no video in this file: it contains only sound, or it is truncated.")
                stream = container.streams.video[0]
                stream.thread_type = "AUTO"
                yield container, stream
        except av.FFmpegError as error:
            raise BadVideoError(
                f"The video is damaged or truncated ({error.strerror}). Record or save it again and retry."
            ) from error


def _form_of(head: bytes) -> str:
    """FFmpeg's name for the container. Raises :class:`BadVideoError`."""
    if not head:
        raise BadVideoError("The file is empty.")
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
        return "mov"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    raise BadVideoError("This is not a video that can be opened. Use MP4, WebM or AVI.")


def _check_size(width: int, height: int) -> None:
    if width * height > _MOST_PIXELS:
        raise BadVideoError(f"The video is {width:,} × {height:,} pixels; the maximum is 4K. Save it smaller.")
    if min(width, height) < 8:
        raise BadVideoError(f"The video is {width} × {height} pixels, which is too small.")


def _check_length(facts: VideoInfo) -> None:
    most = get_settings().video_max_s
    if not facts.frames:
        raise BadVideoError("There is no frame in this video: it is empty or truncated.")
    if facts.seconds > most:
        raise BadVideoError(
            f"The video is {facts.seconds:,.0f} s long; the limit is {most:g} s (SHIFUMI_VIDEO_MAX_S). Cut it shorter."
        )
    if facts.frames > most * _MOST_FRAMES_PER_S:
        raise BadVideoError(f"The video has {facts.frames:,} frames, more than {most:g} s can hold. Cut it shorter.")


def _frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Frame by frame; a damaged one in the middle is skipped, and a truncated file ends early."""
    import av

    most = int(get_settings().video_max_s * _MOST_FRAMES_PER_S)
    for packet in container.demux(stream):
        try:
            decoded = packet.decode()
        except av.FFmpegError:
            continue
        for frame in decoded:
            _check_size(frame.width, frame.height)
            most -= 1
            if most < 0:
                raise BadVideoError("The video is longer than it claims. Cut it shorter.")
            yield frame


def _upright(frame: VideoFrame) -> Pixels:
    """Blue-green-red pixels, upright, at most ``_WRITTEN_SIDE`` on the longer side, both sides even."""
    scale = min(1.0, _WRITTEN_SIDE / max(frame.width, frame.height))
    width, height = (max(2, int(side * scale) // 2 * 2) for side in (frame.width, frame.height))
    pixels = np.asarray(frame.to_ndarray(format="bgr24", width=width, height=height), np.uint8)
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


def _rate(stream: VideoStream) -> Fraction:
    """Frames per second; 30 when the file does not declare it."""
    rate = stream.average_rate or stream.guessed_rate
    return Fraction(rate) if rate and 1 <= rate <= 240 else Fraction(30)
