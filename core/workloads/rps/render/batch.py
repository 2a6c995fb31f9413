"""Renders many images in parallel processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

from core.config.messages import say
from core.config.progress import Report, silent
from core.vision.boxes import NewBox
from core.vision.detections import Pixels
from core.workloads.rps.render.scene import render

_CHUNK = 8
Rendered = tuple[Pixels, list[NewBox]]
Pictures = Generator[Rendered, None, None]


def render_many(seeds: Iterable[int], size: int = 320, workers: int = 2, report: Report = silent) -> Pictures:
    """The images of ``seeds``, in their order, rendered by ``workers`` processes (0 or 1: in this one).

    Only a few images are rendered ahead, so memory use is constant; closing the generator ends the processes.
    ``report`` is called after every eight images. Raises ``ValueError`` for a size under 32 pixels.
    """
    wanted = list(seeds)
    made = 0
    for chunk in _chunks([wanted[at : at + _CHUNK] for at in range(0, len(wanted), _CHUNK)], size, workers):
        yield from chunk
        made += len(chunk)
        report(made / len(wanted), say("rps.rendering", done=made, total=len(wanted)))


def _chunks(batches: list[list[int]], size: int, workers: int) -> Iterator[list[Rendered]]:
    if workers <= 1:
        yield from (_render_batch(batch, size) for batch in batches)
        return
    # spawn: the caller may run threads (a flow, the workbench), which a fork would copy half-way.
    with ProcessPoolExecutor(workers, get_context("spawn"), _single_threaded) as pool:
        left = iter(batches)
        ahead: deque[Future[list[Rendered]]] = deque()
        try:
            for batch in islice(left, 2 * workers):
                ahead.append(pool.submit(_render_batch, batch, size))
            while ahead:
                done = ahead.popleft().result()
                for batch in islice(left, 1):
                    ahead.append(pool.submit(_render_batch, batch, size))
                yield done
        finally:
            for future in ahead:
                future.cancel()


def _single_threaded() -> None:
    """One thread per process: OpenCV's own would fight over the same cores."""
    import cv2

    cv2.setNumThreads(1)


def _render_batch(seeds: list[int], size: int) -> list[Rendered]:
    return [render(seed, size) for seed in seeds]
