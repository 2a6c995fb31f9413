"""One supervisor per data folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from core.cli import process_trees
from core.cli.errors import CommandError
from core.cli.processes import MARK, mark_of
from core.monitoring.run_record import RunRecord, is_running, read_run_record, run_file


@contextmanager
def only_supervisor(run_dir: Path) -> Iterator[None]:
    """Lock the folder for this process. Raises :class:`CommandError` when another process has it.

    The system releases the lock when its owner exits, for whatever reason.
    """
    with (run_dir / "supervisor.lock").open("a+") as handle:
        try:
            _lock(handle.fileno())
        except OSError as error:
            other = read_run_record(run_dir)
            who = f" (process {other.supervisor_pid})" if other else ""
            raise CommandError(
                f"Shifumi already runs on this data folder{who}. Stop it there with Ctrl-C, "
                "or give this one its own folder with SHIFUMI_DATA_DIR and other ports."
            ) from error
        yield


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def end_leftovers(run_dir: Path) -> int:
    """Kill the processes of a supervisor that was killed; returns how many.

    Call it while holding :func:`only_supervisor`.
    """
    record = read_run_record(run_dir)
    if record is None or record.alive:
        return 0
    victims = process_trees.living(_left_by(record))
    process_trees.kill_all(victims)
    run_file(run_dir).unlink(missing_ok=True)
    return len(victims)


def _left_by(record: RunRecord) -> set[psutil.Process]:
    found: set[psutil.Process] = set()
    for name, process in record.processes.items():
        if process.pid is not None and is_running(process.pid, process.created):
            found.update(
                [
                    *process_trees.by_pid(process.pid),
                    *process_trees.descendants(process.pid),
                    *process_trees.in_session(process.pid),
                ]
            )
        found.update(process_trees.with_environment(MARK, mark_of(record.supervisor_pid, record.created, name)))
    return found
