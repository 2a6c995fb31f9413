"""A hundred calls in a process of their own, whose threads, sockets and memory are nobody else's.

Run by tests/e2e/test_live_connections.py; ends with an assertion when something stays behind.
"""

from __future__ import annotations

import gc
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import psutil

from core.live.engine_pool import EnginePool
from tests.live import SquareDetector, model
from tests.loopback import Loop, boxed, call, event_loop, viewer_of
from tests.waiting import wait_until

TOGETHER = 5
CYCLES = 100


def main(loop: Loop) -> None:
    pool, used, process = EnginePool(), model(SquareDetector()), psutil.Process()

    def wave() -> None:
        with ThreadPoolExecutor(TOGETHER) as people:
            calls = [people.submit(call, loop, viewer_of(pool, used), boxed) for _ in range(TOGETHER)]
            assert all(boxed(done.result()[-1]) for done in calls)

    def settled() -> tuple[int, int]:
        wait_until(lambda: not any("detect" in one.name or "async_media" in one.name for one in threading.enumerate()))
        gc.collect()
        return threading.active_count(), process.num_fds()

    for _ in range(4):  # what is made once, such as codecs, and memory that the allocator then keeps to itself
        wave()
    threads, handles = settled()
    memory = process.memory_info().rss
    for _ in range(CYCLES // TOGETHER):
        wave()
    # A few more are the loop's own helpers, which stay; what a hundred calls left behind would be a hundred.
    wait_until(lambda: settled()[0] <= threads + 8 and process.num_fds() <= handles + 16, every=0.5, what="all gone")
    assert pool.engines() == []
    # A leaked stream would hold at least its codecs and frames: several megabytes each. It goes up and down by
    # fifty megabytes all the time, whether after ten calls or after two hundred.
    assert process.memory_info().rss - memory < 120e6


if __name__ == "__main__":
    logging.getLogger("aioice").setLevel(logging.WARNING)
    with event_loop() as made:
        main(made)
