"""The detector thread: newest frame only, everybody in turn, threads that end, exceptions that do not matter."""

import gc
import threading

from core.live.engine_pool import Engine, EnginePool
from core.live.frames import Frame, Result
from tests.live import BrokenDetector, HeldDetector, SquareDetector, model, numbered, picture
from tests.waiting import wait_until


def frame(number: int) -> Frame:
    return Frame(numbered(number), float(number))


def test_nothing_queues_and_the_newest_frame_is_next() -> None:
    detector, results = HeldDetector(), list[Result]()
    subscription = Engine(model(detector)).join(results.append)
    subscription.offer(frame(1))
    assert detector.begun.acquire(timeout=10)
    for number in range(2, 50):  # while the detector is at the first one
        subscription.offer(frame(number))
    detector.go_on.release(2)
    wait_until(lambda: len(results) == 2)
    assert detector.seen == [1, 49]
    assert [result.frame.at for result in results] == [1.0, 49.0]


def test_seats_are_served_in_turn_however_fast_one_of_them_is() -> None:
    detector, order = HeldDetector(), list[str]()
    engine = Engine(model(detector))
    fast, slow, third = (
        engine.join(lambda result, name=name: order.append(name)) for name in ("fast", "slow", "third")
    )
    fast.offer(frame(1))
    assert detector.begun.acquire(timeout=10)
    for subscription in (slow, third):
        subscription.offer(frame(2))
    for _ in range(3):
        fast.offer(frame(3))
        detector.go_on.release()
        assert detector.begun.acquire(timeout=10)
    detector.go_on.release()
    wait_until(lambda: len(order) == 4)
    assert order == ["fast", "slow", "third", "fast"]


def test_an_exception_is_a_result_and_the_next_frame_is_looked_at() -> None:
    results: list[Result] = []
    subscription = Engine(model(BrokenDetector())).join(results.append)
    for number in (1, 2):
        subscription.offer(frame(number))
        wait_until(lambda: len(results) == number)  # noqa: B023
    assert [result.error for result in results] == ["RuntimeError: the graph fell apart"] * 2
    assert len(results[0].found) == 0


def test_a_viewer_that_cannot_take_its_result_disturbs_nobody() -> None:
    results: list[Result] = []
    engine = Engine(model(SquareDetector()))

    def clumsy(_result: Result) -> None:
        raise ValueError("not now")

    bad, good = engine.join(clumsy), engine.join(results.append)
    bad.offer(Frame(picture("rock"), 0.0))
    good.offer(Frame(picture("rock"), 0.0))
    wait_until(lambda: results)
    assert results[0].found.labels.tolist() == [0]


def test_the_thread_ends_with_the_last_viewer_and_comes_back_with_the_next() -> None:
    results: list[Result] = []
    engine = Engine(model(SquareDetector()))
    for turn in range(1, 4):
        subscriptions = [engine.join(results.append) for _ in range(3)]
        subscriptions[0].offer(Frame(picture(), 0.0))
        wait_until(lambda: len(results) == turn)  # noqa: B023
        for subscription in subscriptions:
            subscription.leave()
            subscription.leave()
        wait_until(lambda: not engine.working, what="the detector's thread to end")
    assert engine.subscriptions == 0


def test_the_thread_ends_too_when_a_viewer_forgot_to_leave() -> None:
    results: list[Result] = []
    engine = Engine(model(SquareDetector()), idle_s=0.05)
    subscription = engine.join(results.append)
    subscription.offer(Frame(picture(), 0.0))
    wait_until(lambda: results and not engine.working)
    subscription.offer(Frame(picture(), 1.0))
    wait_until(lambda: len(results) == 2)


def test_a_seat_that_was_left_is_not_served() -> None:
    detector, results = HeldDetector(), list[Result]()
    engine = Engine(model(detector))
    subscription, other = engine.join(results.append), engine.join(lambda result: None)
    other.offer(frame(1))
    assert detector.begun.acquire(timeout=10)
    subscription.offer(frame(2))
    subscription.leave()
    subscription.offer(frame(3))
    detector.go_on.release(5)
    other.leave()
    wait_until(lambda: not engine.working)
    assert detector.seen == [1]
    assert results == []


def test_one_engine_per_version_for_all_who_watch() -> None:
    pool = EnginePool()
    first = pool.join(model(SquareDetector(), "v1"), lambda result: None)
    second = pool.join(model(SquareDetector(), "v1"), lambda result: None)
    third = pool.join(model(SquareDetector(), "v2"), lambda result: None)
    assert first.engine is second.engine
    assert third.engine is not first.engine
    assert first.engine.subscriptions == 2


def test_an_engine_goes_with_its_last_viewer() -> None:
    pool = EnginePool()
    subscription = pool.join(model(SquareDetector()), lambda result: None)
    subscription.offer(Frame(picture(), 0.0))
    subscription.leave()
    wait_until(lambda: not pool.engines()[0].working)
    del subscription
    gc.collect()
    assert pool.engines() == []


def test_a_hundred_streams_leave_no_thread_behind() -> None:
    pool, before = EnginePool(), set(threading.enumerate())
    results: list[Result] = []
    for _ in range(100):
        subscription = pool.join(model(SquareDetector()), results.append)
        subscription.offer(Frame(picture("paper"), 0.0))
        wait_until(lambda: results, every=0.001)
        subscription.leave()
        results.clear()
    del subscription
    wait_until(lambda: set(threading.enumerate()) <= before, what="the threads to end")
    gc.collect()
    assert pool.engines() == []
