"""Resource usage of a process and its children. On Linux, ``process_*`` metrics come in addition."""

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
    """The program's version, and free space on the disk of the data folder."""

    def collect(self) -> Iterator[Metric]:
        yield gauge("shifumi_build_info", "Shifumi version.", ("version",), [((__version__,), 1)])
        yield single("shifumi_data_disk_free_bytes", "Free space on the disk of the data folder.", _free())


class TreeCollector(Collector):
    """For a process with children. Listing all processes takes milliseconds."""

    def collect(self) -> Iterator[Metric]:
        memory, count = _tree()
        yield single("shifumi_process_tree_resident_memory_bytes", "Memory of this process and its children.", memory)
        yield single("shifumi_process_tree_processes", "Number of processes: this one and its children.", count)


def _free() -> float | None:
    try:
        return shutil.disk_usage(get_settings().data_dir).free
    except OSError:
        return None


def _tree() -> tuple[int, int]:
    """Bytes and number of processes. Shared memory counts once for each of them."""
    me = psutil.Process(os.getpid())
    sizes = []
    for process in (me, *me.children(recursive=True)):
        try:
            sizes.append(int(process.memory_info().rss))
        except psutil.Error:  # it ended meanwhile
            continue
    return sum(sizes), len(sizes)
