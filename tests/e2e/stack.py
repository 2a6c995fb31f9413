"""The whole stack as a person starts it, over its own folder and ports."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from core.cli import process_trees
from core.config.settings import ROOT
from core.monitoring.run_record import ProcessRecord, read_run_record
from tests.ports import free_port
from tests.waiting import wait_until


def free_ports() -> dict[str, str]:
    """One free port per service, as environment variables."""
    return {f"SHIFUMI_{name}_PORT": str(free_port()) for name in ("WORKBENCH", "API", "PREFECT", "MLFLOW")}


class Running:
    """A stack over its own folder and ports, as a person starts it."""

    command = (sys.executable, "-m", "core.cli", "run")

    def __init__(self, data_dir: Path, ports: dict[str, str]) -> None:
        self.data_dir = data_dir
        self.environment = os.environ | {"SHIFUMI_DATA_DIR": str(data_dir)} | ports
        self.output = data_dir.parent / "console.log"
        with self.output.open("w") as console:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=console, stderr=subprocess.STDOUT
            )

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def record(self, name: str) -> ProcessRecord | None:
        found = read_run_record(self.data_dir / "run")
        return found.processes.get(name) if found else None

    def wait_healthy(self, *names: str) -> None:
        def all_well() -> bool:
            assert self.process.poll() is None, self.said
            return all((record := self.record(name)) and record.state == "healthy" for name in names)

        wait_until(all_well, timeout=120, what=f"{names} healthy; so far:\n{self.said}")

    def stop(self) -> float:
        """Send one Ctrl-C; returns the seconds until the exit, which must be a clean one."""
        family = process_trees.descendants(self.process.pid)
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=30) == 0, self.said
        assert process_trees.living(family) == []
        return time.monotonic() - began

    def kill(self) -> None:
        """End everything at once, whatever state it is in."""
        process_trees.kill_all([*process_trees.descendants(self.process.pid), *process_trees.by_pid(self.process.pid)])
        self.process.wait()
