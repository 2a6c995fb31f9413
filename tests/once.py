"""Files that cost seconds to make and are the same for every worker of a run: made by the first, copied by all."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.waiting import wait_until


def once_per_run(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The file ``name``, which ``make`` writes to the path it is given, for all workers of this run.

    One of them makes it while the others wait. Whoever waits for a maker that failed makes it for himself.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return _made(factory.mktemp("template") / name, make)
    shared = factory.getbasetemp().parent  # of the whole run: each worker has a folder of its own in it
    finished, failed = shared / name, shared / f"{name}.failed"
    try:
        (shared / f"{name}.taken").touch(exist_ok=False)
    except FileExistsError:
        wait_until(lambda: finished.exists() or failed.exists(), timeout=240, what=f"another worker to make {name}")
        return finished if finished.exists() else _made(factory.mktemp("template") / name, make)
    try:
        _made(factory.mktemp("template") / name, make).replace(finished)
    except BaseException:
        failed.touch()
        raise
    return finished


def _made(path: Path, make: Callable[[Path], object]) -> Path:
    make(path)
    return path
