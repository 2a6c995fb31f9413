"""Starts the processes, supervises them, and stops them together."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import psutil
from loguru import logger

from core.cli.process_output import Follower
from core.cli.processes import ProcessSpec
from core.cli.shutdown import stop_all
from core.cli.supervised_process import SupervisedProcess
from core.monitoring.run_record import ProcessRecord, RunRecord, run_file, write_run_record

TICK_S = 0.1
_WRITE_AGAIN_S = 2.0


class Supervisor:
    """Runs a list of :class:`ProcessSpec` until a stop signal.

    ``on_change`` is called with a process's name and record whenever its state changes.
    """

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        *,
        run_dir: Path,
        logs_dir: Path,
        folder: Path,
        on_change: Callable[[str, ProcessRecord], None] = lambda _name, _record: None,
        verbose: bool = False,
    ) -> None:
        self.processes = {spec.name: SupervisedProcess(spec, logs_dir, folder) for spec in specs}
        self.stopping = False
        self.hurry = False
        self._unwritten = False
        self._write_again_at = 0.0
        self._run_dir = run_dir
        self._on_change = on_change
        self._followers = (
            {name: Follower(process.output) for name, process in self.processes.items()} if verbose else {}
        )
        self._record = RunRecord(
            os.getpid(),
            psutil.Process().create_time(),
            time.time(),
            {name: process.record for name, process in self.processes.items()},
        )

    def run(self) -> bool:
        """Blocks until a stop signal; returns True when all processes have ended."""
        with self._signals(), ThreadPoolExecutor(len(self.processes), "health") as executor:
            try:
                while not self.stopping:
                    self.tick(executor)
                    # Not an Event: setting one inside a signal handler can deadlock with its own wait.
                    time.sleep(TICK_S)
            finally:
                clean = self._shut_down()
        return clean

    def tick(self, executor: ThreadPoolExecutor) -> None:
        """One round over all processes."""
        for process in self.processes.values():
            first = self.processes.get(process.spec.after)
            process.tick(first is None or first.record.state == "healthy", executor)
        self._publish()
        for name, follower in self._followers.items():
            for line in follower.new_lines():
                with suppress(OSError):  # the terminal may be closed, or a file on a full disk
                    print(f"{name:>10} | {line}", flush=True)

    def _publish(self) -> None:
        changed = [name for name, process in self.processes.items() if process.changed]
        if changed or (self._unwritten and time.monotonic() >= self._write_again_at):
            self._write_record()
        for name in changed:
            self.processes[name].changed = False
            with suppress(OSError):  # as above: a message is worth less than the processes
                self._on_change(name, self.processes[name].record)

    def _write_record(self) -> None:
        """A full or read-only disk costs other processes the record, not this one its life; it is tried again."""
        try:
            write_run_record(self._run_dir, self._record)
        except OSError as error:
            if not self._unwritten:
                logger.warning("{} cannot be written, trying again: {}", run_file(self._run_dir), error)
            self._unwritten, self._write_again_at = True, time.monotonic() + _WRITE_AGAIN_S
            return
        if self._unwritten:
            logger.info("{} is written again", run_file(self._run_dir))
        self._unwritten = False

    def _shut_down(self) -> bool:
        began = time.monotonic()
        self.stopping = True
        children = [process.child for process in self.processes.values() if process.child is not None]
        stubborn = stop_all(children, lambda: self.hurry)
        for process in self.processes.values():
            process.stopped()
        self._publish()
        with suppress(OSError):  # a read-only disk: the next start finds that this process is gone
            run_file(self._run_dir).unlink(missing_ok=True)
        for process in stubborn:
            logger.error("Process {} does not end. End it yourself: kill -9 {}", process.pid, process.pid)
        if not stubborn:
            logger.info("Stopped in {:.1f} s.", time.monotonic() - began)
        return not stubborn

    def _ask_to_stop(self, number: int, _frame: FrameType | None) -> None:
        # The second signal means: immediately.
        self.hurry = self.stopping
        self.stopping = True
        text = "Killing all processes ..." if self.hurry else "Stopping ... press Ctrl-C again to kill immediately"
        with suppress(OSError):  # the terminal may be closed
            os.write(2, f"\n{text}\n".encode())

    @contextmanager
    def _signals(self) -> Iterator[None]:
        names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        before = {number: signal.signal(number, self._ask_to_stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
