"""Find and end process trees, also after the parent has exited."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable

import psutil


def start_time(pid: int) -> float | None:
    """Start time of process ``pid`` (seconds since the epoch); None when it is gone."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def descendants(pid: int) -> list[psutil.Process]:
    """All present descendants of ``pid``."""
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.Error:
        return []


def in_session(leader: int) -> list[psutil.Process]:
    """The processes of ``leader``'s session, which survives the leader. Empty on Windows."""
    if sys.platform == "win32":
        return []
    return [process for pid in psutil.pids() if _session(pid) == leader for process in by_pid(pid)]


def _session(pid: int) -> int | None:
    if sys.platform == "win32":
        return None
    try:
        return os.getsid(pid)
    except OSError:
        return None


def by_pid(pid: int) -> list[psutil.Process]:
    """The process with that number, in a list; an empty list when there is none."""
    try:
        return [psutil.Process(pid)]
    except psutil.Error:
        return []


def with_environment(name: str, value: str) -> list[psutil.Process]:
    """The processes with ``name=value`` in their environment, as far as this user may read it."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(name) == value:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def living(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that still run. Zombies do not count: they only wait for their parent to read the exit code."""
    return [process for process in processes if _lives(process)]


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def send_signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    """Send a signal to each; missing processes are no error. Windows supports only break and kill."""
    for process in processes:
        try:
            if sys.platform != "win32":
                process.send_signal(number)
            elif number == signal.SIGINT:
                process.send_signal(signal.CTRL_BREAK_EVENT)
            else:
                process.kill()
        except (psutil.Error, OSError):
            continue


def wait_gone(processes: Iterable[psutil.Process], timeout: float) -> list[psutil.Process]:
    """Wait up to ``timeout`` seconds until all have ended; returns those that have not."""
    left, deadline = list(processes), time.monotonic() + timeout
    # Not psutil.wait_procs: an orphan whose new parent never reads its exit code would seem to be alive.
    while (left := living(left)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def kill_all(processes: Iterable[psutil.Process], timeout: float = 2.0) -> list[psutil.Process]:
    """Kill each and wait up to ``timeout`` seconds; returns those still running."""
    victims = list(processes)
    for process in victims:
        try:
            process.kill()
        except psutil.Error:
            continue
    return wait_gone(victims, timeout)
