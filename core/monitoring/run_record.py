"""`data/run/processes.json`: the supervisor's state, for other processes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import psutil

from core.config.disk import write_whole

State = Literal["starting", "healthy", "unhealthy", "restarting", "stopped"]


@dataclass(slots=True)
class ProcessRecord:
    """One supervised process. Times are seconds since the epoch."""

    label: str
    state: State = "starting"
    pid: int | None = None
    created: float | None = None
    port: int | None = None
    url: str = ""
    restarts: int = 0
    since: float = 0.0
    last_exit: int | None = None


@dataclass(slots=True)
class RunRecord:
    """One run of the supervisor. ``created`` distinguishes its process from a later one with the same pid."""

    supervisor_pid: int
    created: float
    started_at: float
    processes: dict[str, ProcessRecord] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """True while the supervisor that wrote this still runs."""
        return is_running(self.supervisor_pid, self.created)


def is_running(pid: int | None, created: float | None) -> bool:
    """True when process ``pid`` exists and started at ``created`` (pids are reused)."""
    if pid is None or created is None:
        return False
    try:
        return bool(abs(psutil.Process(pid).create_time() - created) < 1.0)
    except psutil.Error:
        return False


def run_file(run_dir: Path) -> Path:
    return run_dir / "processes.json"


def write_run_record(run_dir: Path, record: RunRecord) -> None:
    """Replace the file atomically. Raises ``OSError``, such as on a full disk."""
    write_whole(run_file(run_dir), json.dumps(asdict(record), indent=1))


def read_run_record(run_dir: Path) -> RunRecord | None:
    """The last record; None when there is none or it cannot be read."""
    try:
        raw = json.loads(run_file(run_dir).read_text(encoding="utf-8"))
        raw["processes"] = {name: ProcessRecord(**fields) for name, fields in raw["processes"].items()}
        return RunRecord(**raw)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
