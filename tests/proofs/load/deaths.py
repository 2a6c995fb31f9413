"""Kills any process of the product at random moments, as the out-of-memory killer or a power cut would."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable

import psutil

from core.cli import process_trees

_SUPERVISOR_EVERY = 12


class Reaper:
    """``kill -9`` every ``pause_s`` seconds on average; about one in twelve takes the supervisor itself.

    ``family`` answers with the supervisor's number; ``restart`` starts the product again after that one's death.
    """

    def __init__(self, supervisor: Callable[[], int], restart: Callable[[], None], pause_s: float, seed: int) -> None:
        self.killed: Counter[str] = Counter()
        self.problems: list[str] = []
        self._supervisor, self._restart, self._pause_s = supervisor, restart, pause_s
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Reaper:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=180)

    def _run(self) -> None:
        while not self._stop.wait(self._random.uniform(0.5, 1.5) * self._pause_s):
            try:
                self._kill_one()
            except Exception as error:  # noqa: BLE001 - told at the end; without deaths the proof proves nothing
                self.problems.append(repr(error))

    def _kill_one(self) -> None:
        pid = self._supervisor()
        if self._random.randrange(_SUPERVISOR_EVERY) == 0:
            self.killed["supervisor"] += 1
            psutil.Process(pid).kill()
            psutil.Process(pid).wait()
            self._restart()
            return
        victims = sorted(process_trees.living(process_trees.descendants(pid)), key=lambda process: process.pid)
        if victims:
            victim = self._random.choice(victims)
            name = name_of(victim)
            victim.kill()
            self.killed[name] += 1


def name_of(process: psutil.Process) -> str:
    """Which service a process belongs to, in words."""
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return "gone already"
    known = {
        "core.ui.shell.serve": "workbench",
        "core.api": "prediction API",
        "prefect server": "Prefect",
        "prefect.server": "Prefect",
        "forkserver": "flow run or its fork server",
        "resource_tracker": "resource tracker",
        "flows.serve": "flow runner",
        "flows.worker": "Celery worker",
        "celery": "Celery worker",
        "core.storage.sql_worker": "SQL query",
    }
    return next((label for part, label in known.items() if part in command), command[:60] or "nameless")
