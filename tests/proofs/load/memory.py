"""How much memory, threads and open files the whole product holds, over time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import psutil

from core.cli import process_trees


@dataclass(frozen=True, slots=True)
class Sample:
    """``megabytes`` is the proportional set size over all processes of the product."""

    megabytes: float
    threads: int
    files: int


class Gauge:
    """Takes a sample every ``every_s`` seconds until the block is left."""

    def __init__(self, supervisor: Callable[[], int], every_s: float = 5.0) -> None:
        self.samples: list[Sample] = []
        self._supervisor, self._every_s = supervisor, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Gauge:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=60)

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            pid = self._supervisor()
            self.samples.append(sample([*process_trees.by_pid(pid), *process_trees.descendants(pid)]))

    def quarter(self, number: int) -> Sample:
        """The median of the ``number``-th quarter of the time, from 1."""
        size = max(1, len(self.samples) // 4)
        part = self.samples[(number - 1) * size : number * size]
        return Sample(
            median(one.megabytes for one in part),
            int(median(one.threads for one in part)),
            int(median(one.files for one in part)),
        )


def sample(processes: list[psutil.Process]) -> Sample:
    """One look; a process that dies meanwhile does not count."""
    megabytes, threads, files = 0.0, 0, 0
    for process in processes:
        try:
            info = process.memory_full_info()
            megabytes += float(getattr(info, "pss", info.rss)) / 1e6
            threads += process.num_threads()
            files += process.num_fds() if hasattr(process, "num_fds") else 0
        except psutil.Error:
            continue
    return Sample(megabytes, threads, files)
