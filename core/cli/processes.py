"""One supervised process: how it is started, and all its descendants."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from core.cli import process_output, process_trees

MARK = "SHIFUMI_PROCESS"
"""Environment variable inherited by every descendant: finds even those that left the session."""

# On Windows a separate process group allows us to send a break; POSIX uses a session instead.
if sys.platform == "win32":
    _OWN_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _OWN_GROUP = 0


def mark_of(supervisor_pid: int, created: float, name: str) -> str:
    """The value of :data:`MARK`. With the creation time, because pids are reused."""
    return f"{supervisor_pid}-{created:.2f}-{name}"


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What to start, and how to check its health.

    ``healthy`` is called from a thread and must return within a few seconds. ``after`` names a process
    that must be healthy first, ``may_start`` checks any other precondition.
    ``interrupt_first``: Ctrl-C stops it faster than SIGTERM.
    ``stop_last``: other processes report to it while they stop, so it is stopped last.
    """

    name: str
    label: str
    command: tuple[str, ...]
    healthy: Callable[[], bool]
    port: int | None = None
    url: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    after: str = ""
    may_start: Callable[[], bool] = lambda: True
    interrupt_first: bool = False
    stop_last: bool = False
    before_start: Callable[[], None] = lambda: None


class Child:
    """A running instance of a :class:`ProcessSpec`, with its process tree."""

    def __init__(self, spec: ProcessSpec, output: Path, folder: Path) -> None:
        spec.before_start()
        self.spec = spec
        self.mark = mark_of(os.getpid(), psutil.Process().create_time(), spec.name)
        self._known: set[psutil.Process] = set()
        environment = os.environ | {"PYTHONUNBUFFERED": "1"} | dict(spec.env) | {MARK: self.mark}
        with process_output.opened(output) as log:
            self._popen = subprocess.Popen(
                spec.command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=os.name == "posix",
                creationflags=_OWN_GROUP,
            )
        self.pid = self._popen.pid
        self.created = process_trees.start_time(self.pid)

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: killed by that signal."""
        return self._popen.poll()

    def remember(self) -> None:
        """Record the present descendants: once this process is dead, they cannot be found any more."""
        self._known = {process for process in self._known if process.is_running()} | set(
            process_trees.descendants(self.pid)
        )

    def tree(self) -> list[psutil.Process]:
        """Every living process of this tree, the root first while it lives."""
        self.remember()
        found = (
            self._known | set(process_trees.in_session(self.pid)) | set(process_trees.with_environment(MARK, self.mark))
        )
        return sorted(process_trees.living(found), key=lambda process: (process.pid != self.pid, process.pid))
