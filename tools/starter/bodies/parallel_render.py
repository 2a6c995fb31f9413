"""Renders many hands in parallel, each from its own seed: the same count and seed give the same hands."""

from __future__ import annotations

import functools
import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.starter.bodies.arms import Arms
from tools.starter.bodies.gestures import OTHER
from tools.starter.bodies.pool import packed
from tools.starter.bodies.render import Studio

_LABELS = (0, 1, 2, 0, 1, 2, OTHER)


def rendered(arms: Path, count: int, seed: int, workers: int) -> Iterator[tuple[bytes, NDArray[np.float32]]]:
    """``count`` packed hands with their boxes, throws by turns, every seventh none of them."""
    jobs = [(seed, index) for index in range(count)]
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(functools.partial(_one, arms), jobs, chunksize=8)


@functools.cache
def _studio(arms: Path) -> Studio:
    cv2.setNumThreads(1)
    return Studio(Arms(arms))


def _one(arms: Path, job: tuple[int, int]) -> tuple[bytes, NDArray[np.float32]]:
    seed, index = job
    hand = _studio(arms).shown(_LABELS[index % len(_LABELS)], np.random.default_rng([seed, index]))
    return packed(hand), hand.box
