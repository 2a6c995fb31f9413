"""Signals take the whole tree down, however stubborn; a killed supervisor leaves a trail to follow."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.cli import process_trees, shutdown
from core.cli.runlock import end_leftovers
from core.config.settings import ROOT
from core.monitoring.run_record import read_run_record, run_file
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def _all_healthy(folder: Path) -> bool:
    record = read_run_record(folder)
    return record is not None and all(one.state == "healthy" for one in record.processes.values())


def _reaped(pid: int, status: list[int]) -> bool:
    found, code = os.waitpid(pid, os.WNOHANG)
    if found:
        status.append(code)
    return bool(found)


class Supervised:
    """A supervisor in its own process, and everything that belongs to it."""

    def __init__(self, folder: Path, *texts: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.supervise", str(folder), *texts],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.members: list[psutil.Process] = []

    def wait_healthy(self) -> None:
        wait_until(self._all_healthy, timeout=30, what="all stand-ins healthy")
        self.members = psutil.Process(self.process.pid).children(recursive=True)

    def _all_healthy(self) -> bool:
        assert self.process.poll() is None, "the supervisor ended"
        return _all_healthy(self.folder)

    def stop(self, number: signal.Signals) -> int:
        """Send the signal; returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    @property
    def left(self) -> list[psutil.Process]:
        return process_trees.living(self.members)


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[list[Supervised]]:
    started: list[Supervised] = []
    yield started
    for one in started:
        process_trees.kill_all(
            [*one.members, *process_trees.descendants(one.process.pid), *process_trees.by_pid(one.process.pid)]
        )
        one.process.communicate()


def start(supervised: list[Supervised], folder: Path, *texts: str) -> Supervised:
    one = Supervised(folder, *texts)
    supervised.append(one)
    one.wait_healthy()
    return one


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_ends_everything(number: signal.Signals, tmp_path: Path, supervised: list[Supervised]) -> None:
    stack = start(supervised, tmp_path, "one=", "runner=", "two=")
    assert len(stack.members) == 3
    assert (stack.stop(number), stack.left) == (0, [])
    assert not run_file(tmp_path).exists()


def test_the_last_word_is_spoken_before_ten_seconds_are_over() -> None:
    for steps in (shutdown._POLITE, shutdown._INTERRUPT_FIRST):
        assert steps[-1][1] == shutdown.KILL
        assert shutdown._LAST_WAITS_S + steps[-1][0] + shutdown._LEFTOVERS_GRACE_S <= 9


def test_stubborn_processes_and_their_runaway_children_are_gone_in_the_end(
    tmp_path: Path, supervised: list[Supervised]
) -> None:
    notes = [tmp_path / "grandchild-1", tmp_path / "grandchild-2"]
    texts = [f"one=--stubborn --child '{notes[0]}'", f"runner=--stubborn --child '{notes[1]}'"]
    stack = start(supervised, tmp_path, *texts)
    wait_until(lambda: all(note.exists() for note in notes), what="grandchildren")
    stack.members = psutil.Process(stack.process.pid).children(recursive=True)
    assert len(stack.members) == 4
    assert (stack.stop(signal.SIGTERM), stack.left) == (0, [])


def test_the_second_ctrl_c_kills_at_once(tmp_path: Path, supervised: list[Supervised]) -> None:
    stack = start(supervised, tmp_path, "runner=--stubborn --say stubborn", "--patient")
    wait_until(lambda: "stubborn" in (tmp_path / "runner.out").read_text(), what="it ignores signals")
    assert stack.process.stderr is not None
    stack.process.send_signal(signal.SIGINT)
    while "again to kill" not in stack.process.stderr.readline():
        pass
    assert (stack.stop(signal.SIGINT), stack.left) == (0, [])


def test_closing_the_terminal_ends_everything(tmp_path: Path) -> None:
    import pty

    pid, terminal = pty.fork()
    if pid == 0:  # becomes the supervisor
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "tests.supervise", str(tmp_path), "one=", "runner="])  # noqa: S606
    family: list[psutil.Process] = []
    try:
        wait_until(lambda: _all_healthy(tmp_path), timeout=30)
        family = process_trees.descendants(pid)
        assert len(family) == 2
        os.close(terminal)
        status: list[int] = []
        wait_until(lambda: _reaped(pid, status), timeout=15, what="the supervisor ends")
        assert os.waitstatus_to_exitcode(status[0]) == 0
        assert process_trees.living(family) == []
    finally:
        process_trees.kill_all([*process_trees.descendants(pid), *family])


def test_what_a_killed_supervisor_left_is_ended_by_the_next_one(tmp_path: Path, supervised: list[Supervised]) -> None:
    note = tmp_path / "grandchild"
    stack = start(supervised, tmp_path, f"one=--child '{note}'", "two=")
    wait_until(note.exists)
    stack.members = psutil.Process(stack.process.pid).children(recursive=True)
    assert len(stack.members) == 3
    assert end_leftovers(tmp_path) == 0, "not while it lives"
    stack.stop(signal.SIGKILL)
    assert len(stack.left) == 3
    # With its parent dead too, only the mark in the grandchild's environment leads to it.
    [parent] = psutil.Process(int(note.read_text())).parents()[:1]
    assert process_trees.kill_all([parent]) == []
    assert end_leftovers(tmp_path) == 2
    assert stack.left == []
    assert not run_file(tmp_path).exists()
