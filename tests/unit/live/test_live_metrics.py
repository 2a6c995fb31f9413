"""What Prometheus hears of live streams: each figure moves with what really happens."""

from __future__ import annotations

import gc

from core.live.engine_pool import Engine, EnginePool
from core.live.frames import Frame, Result
from core.live.live_metrics import COLLECTOR, VIEWER_TIMEOUT_S
from core.live.viewer import Viewer, ViewerOptions
from tests.exposition import Samples, exposed
from tests.live import BrokenDetector, HeldDetector, SquareDetector, model, numbered, picture
from tests.waiting import wait_until


class Clock:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get(name, **labels) or 0.0


def test_frames_results_and_viewers_of_a_stream() -> None:
    gc.collect()  # viewers of other tests
    before, clock = exposed(COLLECTOR), Clock()
    detector = model(SquareDetector(), "metered")
    viewer = Viewer(EnginePool(), ViewerOptions(lambda: detector), clock)
    for _ in range(3):
        answered = viewer._main.result
        viewer.process_frame(picture("rock"))
        wait_until(lambda: viewer._main.result is not answered, every=0.001)  # noqa: B023
        clock.now += 0.05
    now = exposed(COLLECTOR)
    assert value(now, "shifumi_live_frames_total") - value(before, "shifumi_live_frames_total") == 3
    assert value(now, "shifumi_live_results_total", model="metered") == 3
    assert value(now, "shifumi_live_detector_errors_total", model="metered") == 0
    for name in ("shifumi_live_detection_seconds_count", "shifumi_live_box_age_seconds_count"):
        assert value(now, name) > value(before, name), name
    assert value(now, "shifumi_live_viewers") == value(before, "shifumi_live_viewers") + 1
    assert now.get("shifumi_live_model_viewers", model="metered") == 1
    clock.now += VIEWER_TIMEOUT_S + 1
    assert value(exposed(COLLECTOR), "shifumi_live_viewers") == value(before, "shifumi_live_viewers")
    viewer.end()
    assert exposed(COLLECTOR).get("shifumi_live_model_viewers", model="metered") is None


def test_a_frame_that_a_newer_one_replaces_is_counted() -> None:
    before = value(exposed(COLLECTOR), "shifumi_live_frames_skipped_total")
    detector, results = HeldDetector(), list[Result]()
    subscription = Engine(model(detector)).join(results.append)
    subscription.offer(Frame(numbered(1), 1.0))
    assert detector.begun.acquire(timeout=10)
    for number in (2, 3, 4):
        subscription.offer(Frame(numbered(number), float(number)))
    detector.go_on.release(2)
    wait_until(lambda: len(results) == 2)
    assert value(exposed(COLLECTOR), "shifumi_live_frames_skipped_total") == before + 2


def test_a_frame_on_which_the_model_fails_is_an_error_and_no_result() -> None:
    results: list[Result] = []
    subscription = Engine(model(BrokenDetector(), "broken")).join(results.append)
    subscription.offer(Frame(numbered(1), 1.0))
    wait_until(lambda: results)
    found = exposed(COLLECTOR)
    assert found.get("shifumi_live_detector_errors_total", model="broken") == 1
    assert found.get("shifumi_live_results_total", model="broken") is None


def test_a_tab_that_is_closed_is_forgotten() -> None:
    clock = Clock()
    viewer = Viewer(EnginePool(), ViewerOptions(lambda: None), clock)
    viewer.process_frame(picture())
    with_it = value(exposed(COLLECTOR), "shifumi_live_viewers")
    del viewer
    gc.collect()
    assert value(exposed(COLLECTOR), "shifumi_live_viewers") < with_it
