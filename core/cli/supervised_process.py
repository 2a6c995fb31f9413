"""One supervised process: start, health check, restart with back-off."""

from __future__ import annotations

import time
from concurrent.futures import Executor, Future
from pathlib import Path

from loguru import logger

from core.cli import process_output, process_trees
from core.cli.backoff import Backoff
from core.cli.processes import Child, ProcessSpec
from core.config.logs import redact
from core.monitoring.run_record import ProcessRecord, State

START_PATIENCE_S = 120.0
_PROBE_EVERY_S = {"starting": 0.2, "healthy": 5.0, "unhealthy": 1.0}
_REMEMBER_EVERY_S = 5.0
_FAILURES_TO_COMPLAIN = 3


class SupervisedProcess:
    """The process of one :class:`ProcessSpec`, across restarts. Driven by :meth:`tick`."""

    def __init__(self, spec: ProcessSpec, logs_dir: Path, folder: Path, backoff: Backoff | None = None) -> None:
        self.spec = spec
        self.record = ProcessRecord(spec.label, port=spec.port, url=spec.url, since=time.time())
        self.child: Child | None = None
        self.output = process_output.fresh_output(logs_dir, spec.name)
        self.changed = True
        self._folder = folder
        self._backoff = backoff or Backoff()
        self._start_at = 0.0
        self._started = 0.0
        self._healthy_since: float | None = None
        self._failures = 0
        self._probe: Future[bool] | None = None
        self._probe_at = 0.0
        self._remember_at = 0.0

    def tick(self, may_start: bool, executor: Executor) -> None:
        """One round: start the process when due, restart it when it exited, check its health."""
        now = time.monotonic()
        if self.child is None:
            if may_start and now >= self._start_at and self.spec.may_start():
                self._start(now)
        elif self.child.exit_code is not None:
            self._on_exit(self.child, now)
        else:
            self._check_health(self.child, now, executor)

    def stopped(self) -> None:
        """Record that the process was stopped on purpose."""
        self._set("stopped")

    def _start(self, now: float) -> None:
        try:
            self.child = Child(self.spec, self.output, self._folder)
        except OSError as error:
            self._start_at = now + self._backoff.after_death(0.0)
            logger.error("Cannot start {}: {}", self.spec.label, error)
            return
        self.record.pid, self.record.created = self.child.pid, self.child.created
        self._started, self._healthy_since, self._failures = now, None, 0
        self._probe, self._probe_at = None, now
        self._set("starting")

    def _on_exit(self, child: Child, now: float) -> None:
        """The process exited: end its children, then wait before the restart."""
        stubborn = process_trees.kill_all(child.tree())
        healthy_for = now - self._healthy_since if self._healthy_since is not None else 0.0
        delay = self._backoff.after_death(healthy_for)
        self.child, self._start_at = None, now + delay
        self.record.pid = self.record.created = None
        self.record.last_exit, self.record.restarts = child.exit_code, self.record.restarts + 1
        self._set("restarting")
        logger.warning(
            "{} exited unexpectedly (exit code {}); restarting in {:.1f} s. Last line: {} (full output in {})",
            self.spec.label,
            child.exit_code,
            delay,
            redact(process_output.last_line(self.output)) or "none",
            self.output,
        )
        for process in stubborn:
            logger.error("Process {} of {} could not be killed", process.pid, self.spec.label)

    def _check_health(self, child: Child, now: float, executor: Executor) -> None:
        if now >= self._remember_at:
            self._remember_at = now + _REMEMBER_EVERY_S
            child.remember()
            process_output.trim(self.output)
        if self._probe is None and now >= self._probe_at:
            self._probe = executor.submit(self.spec.healthy)
        elif self._probe is not None and self._probe.done():
            self._judge(self._probe.result(), now)
            self._probe, self._probe_at = None, now + _PROBE_EVERY_S[self.record.state]

    def _judge(self, well: bool, now: float) -> None:
        if well:
            self._failures = 0
            if self._healthy_since is None:
                self._healthy_since = now
            self._set("healthy")
            return
        self._failures += 1
        patient = self.record.state == "starting" and now - self._started < START_PATIENCE_S
        if self._failures >= _FAILURES_TO_COMPLAIN and not patient:
            # Reported, not killed: killing a busy process that responds late would lose work.
            self._healthy_since = None
            self._set("unhealthy")

    def _set(self, state: State) -> None:
        if state != self.record.state or state == "restarting":
            self.record.state, self.record.since = state, time.time()
        self.changed = True
