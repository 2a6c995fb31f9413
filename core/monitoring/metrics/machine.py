"""What a process and those that it started take from the machine. Linux's ``process_*`` come besides."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import psutil
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from core import __version__
from core.config.settings import get_settings
from core.monitoring.metrics.families import gauge, single


class MachineCollector(Collector):
    """The program's version, and room on the disk that holds the data folder."""

    def collect(self) -> Iterator[Metric]:
        yield gauge("shifumi_build_info", "The version of the program.", ("version",), [((__version__,), 1)])
        yield single("shifumi_data_disk_free_bytes", "What is free where the data folder lies.", _free())


class TreeCollector(Collector):
    """For a process that starts others. Looking through all processes takes milliseconds."""

    def collect(self) -> Iterator[Metric]:
        memory, count = _tree()
        yield single("shifumi_tree_resident_memory_bytes", "Memory of this process and of those it started.", memory)
        yield single("shifumi_tree_processes", "This process and those it started.", count)


def _free() -> float | None:
    try:
        return shutil.disk_usage(get_settings().data_dir).free
    except OSError:
        return None


def _tree() -> tuple[int, int]:
    """Bytes and number of processes. Memory that they share counts once for each of them."""
    me = psutil.Process(os.getpid())
    sizes = []
    for process in (me, *me.children(recursive=True)):
        try:
            sizes.append(int(process.memory_info().rss))
        except psutil.Error:  # it ended meanwhile
            continue
    return sum(sizes), len(sizes)
