"""Real WebRTC without a browser: pictures come back with boxes, and a hundred calls leave nothing behind."""

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from aiortc.codecs.vpx import Vp8Encoder
from av import VideoFrame

from core.config.settings import ROOT
from core.live.engine_pool import EnginePool
from core.live.viewer import Viewer, ViewerOptions
from core.vision.detections import Pixels
from tests.live import BrokenDetector, SquareDetector, model
from tests.loopback import Caller, Loop, boxed, call, event_loop, looks_like, viewer_of, worker_for

pytestmark = pytest.mark.stack


@pytest.fixture
def loop() -> Iterator[Loop]:
    logging.getLogger("aioice").setLevel(logging.WARNING)
    with event_loop() as made:
        yield made


def test_the_picture_comes_back_with_a_box(loop: Loop) -> None:
    seen = call(loop, viewer_of(EnginePool(), model(SquareDetector())), boxed)
    assert boxed(seen[-1])
    assert looks_like(seen[-1], (0, 0, 255)) > 3000


def test_a_broken_detector_does_not_end_the_call(loop: Loop) -> None:
    viewer = viewer_of(EnginePool(), model(BrokenDetector()))
    after: list[bool] = []

    def failing_for_a_while(_pixels: Pixels) -> bool:
        report = viewer.report()
        after.append(report.main is not None and report.main.error is not None)
        return sum(after) >= 10

    seen = call(loop, viewer, failing_for_a_while)
    assert sum(after) >= 10
    assert looks_like(seen[-1], (0, 0, 255)) > 3000


def test_several_people_share_one_detector(loop: Loop) -> None:
    pool, used = EnginePool(), model(SquareDetector())
    most: list[int] = []

    def shared(pixels: Pixels) -> bool:
        most.append(max((engine.subscriptions for engine in pool.engines()), default=0))
        return boxed(pixels) and max(most) == 3

    with ThreadPoolExecutor(3) as people:
        calls = [people.submit(call, loop, viewer_of(pool, used), shared) for _ in range(3)]
        assert all(boxed(done.result()[-1]) for done in calls)
    assert len(pool.engines()) <= 1


def test_a_slow_encoder_leaves_frames_out_and_delays_none(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a third of the frames can be sent back: those must be new ones."""
    quick = Vp8Encoder.encode

    def slow(self: Vp8Encoder, frame: VideoFrame, *arguments: object) -> object:
        if frame.width == 128:  # the way back only
            time.sleep(0.1)  # what is tested is that time is short
        return quick(self, frame, *arguments)

    class Enlarging(Viewer):
        def process_frame(self, pixels: Pixels) -> Pixels:
            return super().process_frame(pixels).repeat(2, axis=0).repeat(2, axis=1)

    monkeypatch.setattr(Vp8Encoder, "encode", slow)
    worker = worker_for(Enlarging(EnginePool(), ViewerOptions(lambda: None, mirrored=False)), loop)
    caller = Caller(loop, lambda number: np.full((48, 64, 3), 2 * number % 250, np.uint8))
    try:
        caller.connect(worker)
        behind = [(caller.camera.count - round(caller.frame().mean() / 2)) % 125 for _ in range(40)]
    finally:
        caller.hang_up()
        worker.stop()
    # With queues the last ones are sixty frames old and more.
    assert max(behind[-5:]) < 25, behind


@pytest.mark.timeout(280)
def test_a_hundred_calls_leave_no_thread_no_socket_and_no_memory_behind() -> None:
    command = [sys.executable, "-m", "tests.hundred_calls"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
