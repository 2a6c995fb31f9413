"""Videos through a real detector: answered frame by frame, and what cannot be is said."""

from __future__ import annotations

import csv
import errno
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.config.messages import Message, render
from core.config.progress import silent
from core.config.settings import get_settings
from core.vision import video
from core.vision.video import BadVideoError, annotate, inspect_video
from core.vision.video_writer import VideoWriter
from core.workloads.rps.detector import ExportedDetector
from tests.colour_model import write_colour_model
from tests.videos import LEFT, TOP, converted, sound_only, turned, write_video

THROWS = [*["rock"] * 4, *[None] * 3, *["scissors"] * 5]


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> ExportedDetector:
    folder = tmp_path_factory.mktemp("model")
    write_colour_model(folder)
    return ExportedDetector(folder)


def watch(source: Path, detector: ExportedDetector) -> tuple[video.AnnotatedVideo, list[dict[str, str]], Path]:
    made, table = source.with_name("made.mp4"), source.with_name("made.csv")
    watched = annotate(source, made, table, detector, 0.5, silent)
    with table.open(encoding="utf-8", newline="") as file:
        return watched, list(csv.DictReader(file)), made


def test_every_frame_is_answered_at_its_own_time(tmp_path: Path, detector: ExportedDetector) -> None:
    source = write_video(tmp_path / "given.mp4", THROWS)
    assert inspect_video(source) == video.VideoInfo(320, 320, 12, pytest.approx(1.2))
    watched, rows, made = watch(source, detector)
    assert (watched.frames, watched.found, watched.boxes, watched.cut_off) == (12, 9, 9, False)
    assert [(int(row["frame"]), row["label"]) for row in rows] == [
        (number, throw) for number, throw in enumerate(THROWS) if throw
    ]
    assert [float(row["seconds"]) for row in rows] == [round(int(row["frame"]) / 10, 3) for row in rows]
    assert all(abs(float(row["left"]) - LEFT) < 3 and abs(float(row["top"]) - TOP) < 3 for row in rows)

    import av

    with av.open(str(made)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        frames = list(container.decode(stream))
    times = [float(frame.time) for frame in frames if frame.time is not None]
    assert times == pytest.approx([number / 10 for number in range(12)], abs=0.01)
    # The box is drawn where a hand is, and nowhere else.
    first, empty = frames[0].to_ndarray(format="bgr24"), frames[5].to_ndarray(format="bgr24")
    edge = first[TOP + 10 : TOP + 70, LEFT - 2 : LEFT + 3].astype(int)
    assert (edge[..., 0] - edge[..., 2]).max() > 60
    assert np.abs(empty.astype(int) - 90).max() < 12
    assert made.read_bytes().index(b"moov") < made.read_bytes().index(b"mdat")  # plays before it is all there


@pytest.mark.parametrize(("form", "codec"), [("webm", "libvpx"), ("avi", "mpeg4"), ("mov", "libx264")])
def test_other_containers(tmp_path: Path, detector: ExportedDetector, form: str, codec: str) -> None:
    given = write_video(tmp_path / "given.mp4", THROWS)
    source = converted(given, tmp_path / f"given.{form}", form, codec)
    watched, rows, _ = watch(source, detector)
    assert (watched.frames, watched.found, watched.cut_off) == (12, 9, False)
    assert [row["label"] for row in rows] == [throw for throw in THROWS if throw]


def test_a_phone_held_upright(tmp_path: Path, detector: ExportedDetector) -> None:
    given = write_video(tmp_path / "given.mp4", ["rock"] * 2, width=320, height=240)
    _, rows, made = watch(turned(given, tmp_path / "turned.mp4"), detector)
    # What was above is right after a quarter turn, as far from the edge as before.
    assert abs(240 - float(rows[0]["right"]) - TOP) < 3
    assert abs(float(rows[0]["top"]) - LEFT) < 3
    assert (inspect_video(made).width, inspect_video(made).height) == (240, 320)


def test_a_large_video_is_written_smaller_and_even(tmp_path: Path, detector: ExportedDetector) -> None:
    given = write_video(tmp_path / "given.mp4", [None] * 2, width=1922, height=1082)
    _, _, made = watch(given, detector)
    assert (inspect_video(made).width, inspect_video(made).height) == (1280, 720)


def test_a_video_that_ends_early_is_answered_as_far_as_it_goes(tmp_path: Path, detector: ExportedDetector) -> None:
    whole = write_video(tmp_path / "given.mp4", [*["rock"] * 20, *["paper"] * 20]).read_bytes()
    source = tmp_path / "cut.mp4"
    source.write_bytes(whole[: int(len(whole) * 0.8)])
    watched, rows, _ = watch(source, detector)
    assert 0 < watched.frames < 40
    assert watched.cut_off
    assert rows[0]["label"] == "rock"


def test_damage_in_the_middle_costs_frames_only(tmp_path: Path, detector: ExportedDetector) -> None:
    source = write_video(tmp_path / "given.mp4", ["rock"] * 30)
    data = bytearray(source.read_bytes())
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2
    data[middle : middle + 40] = b"\xff" * 40
    source.write_bytes(data)
    watched, rows, _ = watch(source, detector)
    assert 0 < watched.frames <= 30
    assert rows[0]["label"] == "rock"


def bad(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"name,x1,x2\n", "This is not a video"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "This is not a video"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "This is not a video"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 100, "This is not a video"),
        (b"\x00\x00\x00\x18ftypisom" + b"\x00" * 50, "no video in this file|damaged or truncated"),
        (b"\x1a\x45\xdf\xa3" + b"\x00" * 50, "damaged or truncated"),
        (b"RIFF\x00\x00\x00\x00AVI " + b"\x00" * 50, "no video in this file|damaged or truncated"),
    ],
    ids=["empty", "csv", "playlist", "concat", "jpeg", "mp4", "webm", "avi"],
)
def test_what_is_no_video(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(BadVideoError, match=words):
        inspect_video(bad(tmp_path / "given.mp4", content))


def test_a_video_whose_end_holds_the_index_is_lost_when_it_is_cut(tmp_path: Path) -> None:
    given = write_video(tmp_path / "given.mp4", THROWS)
    whole = converted(given, tmp_path / "slow.mp4", "mp4", "libx264").read_bytes()
    assert whole.index(b"moov") > whole.index(b"mdat")
    with pytest.raises(BadVideoError, match=r"damaged or truncated|no picture"):
        inspect_video(bad(tmp_path / "cut.mp4", whole[: len(whole) // 2]))


def test_sound_without_a_picture(tmp_path: Path) -> None:
    with pytest.raises(BadVideoError, match="There is no video in this file"):
        inspect_video(sound_only(tmp_path / "sound.mp4"))


def test_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_video(tmp_path / "given.mp4", THROWS)
    monkeypatch.setenv("SHIFUMI_VIDEO_MAX_S", "1")
    get_settings.cache_clear()
    with pytest.raises(BadVideoError, match=r"The video is 1 s long; the limit is 1 s \(SHIFUMI_VIDEO_MAX_S\)"):
        inspect_video(source)


def test_more_frames_than_a_camera_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_video(tmp_path / "given.mp4", THROWS)
    monkeypatch.setenv("SHIFUMI_VIDEO_MAX_S", "2")
    monkeypatch.setattr(video, "_MOST_FRAMES_PER_S", 5)
    get_settings.cache_clear()
    with pytest.raises(BadVideoError, match="12 frames, more than 2 s can hold"):
        inspect_video(source)


@pytest.mark.parametrize("size", [(30_000, 400), (8192, 4320)])
def test_too_large_a_picture(size: tuple[int, int]) -> None:
    with pytest.raises(BadVideoError, match="the maximum is 4K"):
        video._check_size(*size)


def test_a_full_disk_is_not_called_a_damaged_video(
    tmp_path: Path, detector: ExportedDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(VideoWriter, "add", full)
    with pytest.raises(OSError, match="No space left"):
        watch(write_video(tmp_path / "given.mp4", THROWS), detector)


def test_progress_grows(tmp_path: Path, detector: ExportedDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_video(tmp_path / "given.mp4", THROWS)
    monkeypatch.setattr(video, "_TELL_EVERY_S", 0.0)
    told: list[tuple[float, Message]] = []
    annotate(source, tmp_path / "m.mp4", tmp_path / "m.csv", detector, 0.5, lambda *said: told.append(said))
    assert [render(message) for _, message in told] == [f"Frame {number} of 12" for number in range(1, 13)]
    assert all(before <= after for (before, _), (after, _) in pairwise(told))
    assert told[-1][0] < 1
