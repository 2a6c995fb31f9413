"""Something done over and over beside the work, until the work ends or it says that it was the last time."""

from __future__ import annotations

import threading

import pytest

from core.catalog.engine import CatalogUnavailableError
from flows.periodic import periodic_thread


def test_it_is_done_again_until_the_block_ends() -> None:
    thrice = threading.Event()
    times: list[int] = []

    def do() -> None:
        times.append(1)
        if len(times) == 3:
            thrice.set()

    with periodic_thread("beat", lambda: 0.001, do):
        assert thrice.wait(10)
    after = len(times)
    assert not any(thread.name == "beat" for thread in threading.enumerate())
    assert len(times) == after


def test_it_may_end_by_itself() -> None:
    found = threading.Event()
    times: list[int] = []

    def do() -> bool:
        found.wait(10)
        times.append(1)
        return False

    with periodic_thread("beat", lambda: 0.001, do):
        (beat,) = (thread for thread in threading.enumerate() if thread.name == "beat")
        found.set()
        beat.join(10)
    assert times == [1]


def test_a_catalog_that_does_not_answer_is_asked_again() -> None:
    answered = threading.Event()
    times: list[int] = []

    def do() -> None:
        times.append(1)
        if len(times) == 1:
            raise CatalogUnavailableError("locked")
        answered.set()

    with periodic_thread("beat", lambda: 0.001, do):
        assert answered.wait(10)


def test_the_block_s_own_error_comes_through() -> None:
    with pytest.raises(ValueError, match="the work"), periodic_thread("beat", lambda: 60, lambda: None):
        raise ValueError("the work")
    assert not any(thread.name == "beat" for thread in threading.enumerate())
