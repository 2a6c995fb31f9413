"""One supervised process: how it is started, and everything it may have left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from core.cli import trees

MARK = "SHIFUMI_PROCESS"
"""Environment variable that every descendant inherits: even one that left its session can be found."""

# On Windows a group of its own is what lets us send it a break; POSIX gets a session instead.
if sys.platform == "win32":
    _OWN_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _OWN_GROUP = 0


def mark_of(supervisor_pid: int, created: float, name: str) -> str:
    """The value of :data:`MARK`. With the creation time, because a pid alone comes back after a while."""
    return f"{supervisor_pid}-{created:.2f}-{name}"


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What to start and how to tell that it is well.

    ``healthy`` is called from a thread and must answer within a few seconds. ``after`` names a
    process that has to be healthy first, ``may_start`` asks for anything else that has to be there.
    ``interrupt_first``: Ctrl-C stops it sooner than SIGTERM.
    ``stop_last``: others report to it while they stop, so it goes when they are gone.
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
    """A running instance of a :class:`ProcessSpec`, with the tree below it."""

    def __init__(self, spec: ProcessSpec, output: Path, folder: Path) -> None:
        spec.before_start()
        self.spec = spec
        self.mark = mark_of(os.getpid(), psutil.Process().create_time(), spec.name)
        self._known: set[psutil.Process] = set()
        environment = os.environ | {"PYTHONUNBUFFERED": "1"} | dict(spec.env) | {MARK: self.mark}
        with output.open("ab") as log:
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
        self.created = trees.created(self.pid)

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: killed by that signal."""
        return self._popen.poll()

    def remember(self) -> None:
        """Note the present descendants: once this process is dead, nothing leads to them any more."""
        self._known = {process for process in self._known if process.is_running()} | set(trees.below(self.pid))

    def tree(self) -> list[psutil.Process]:
        """Every living process that belongs to this one, itself first while it lives."""
        self.remember()
        found = self._known | set(trees.in_session(self.pid)) | set(trees.marked(MARK, self.mark))
        return sorted(trees.living(found), key=lambda process: (process.pid != self.pid, process.pid))
