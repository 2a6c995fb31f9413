"""Stop all processes together, gracefully first, within ten seconds in total."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence

import psutil

from core.cli import process_trees
from core.cli.processes import Child

KILL: signal.Signals = signal.SIGTERM if not hasattr(signal, "SIGKILL") else signal.SIGKILL
_POLITE = ((0.0, signal.SIGTERM), (5.0, KILL))
_INTERRUPT_FIRST = ((0.0, signal.SIGINT), (2.5, signal.SIGTERM), (5.0, KILL))
_LAST_WAITS_S = 3.0
_LEFTOVERS_GRACE_S = 1.0


class _Stop:
    """The sequence of signals for one process."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self._steps = list(_INTERRUPT_FIRST if child.spec.interrupt_first else _POLITE)
        self._began: float | None = None

    @property
    def over(self) -> bool:
        return self.child.exit_code is not None

    def advance(self, now: float, may_begin: bool) -> None:
        if self._began is None and may_begin:
            self._began = now
        while self._began is not None and self._steps and now - self._began >= self._steps[0][0]:
            _, number = self._steps.pop(0)
            # The first signal goes to the process itself: it can end its children best.
            tree = self.child.tree()
            process_trees.send_signal(tree[:1] if number == signal.SIGINT else tree, number)


def stop_all(children: Sequence[Child], hurry: Callable[[], bool]) -> list[psutil.Process]:
    """End every process and its descendants; returns those that could not be ended (normally none).

    ``hurry`` is checked all the time; once true, everything is killed immediately.
    """
    stops = [_Stop(child) for child in children]
    began = time.monotonic()
    while not all(stop.over for stop in stops) and not hurry():
        now = time.monotonic()
        first_gone = all(stop.over for stop in stops if not stop.child.spec.stop_last)
        for stop in stops:
            if not stop.over:
                stop.advance(now, not stop.child.spec.stop_last or first_gone or now - began > _LAST_WAITS_S)
        time.sleep(0.05)
    left = [process for child in children for process in child.tree()]
    if left and not hurry():
        process_trees.send_signal(left, signal.SIGTERM)
        process_trees.wait_gone(left, _LEFTOVERS_GRACE_S)
    process_trees.kill_all(left)
    # A process may have been started meanwhile: the second pass finds it.
    return process_trees.kill_all([process for child in children for process in child.tree()])
