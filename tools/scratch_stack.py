"""The whole product over a folder and ports of its own, for programs that look at it."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from core.config.settings import ROOT, Settings, get_settings
from core.monitoring.run_record import read_run_record

T = TypeVar("T")

_HEALTHY_WITHIN_S = 180.0
_STOPPED_WITHIN_S = 30.0


def wait_for(question: Callable[[], T | None], what: str, within_s: float = 120.0) -> T:
    """Ask until the answer is something true, and return it. Raises ``TimeoutError``."""
    deadline = time.monotonic() + within_s
    while not (answer := question()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within_s:.0f} s: {what}")
        time.sleep(0.2)
    return answer


@contextmanager
def running_stack(folder: Path) -> Iterator[Settings]:
    """Start everything over ``folder`` and stop it at the end; this process then uses the same settings.

    Raises ``TimeoutError`` when it does not become healthy.
    """
    os.environ |= _environment(folder)
    get_settings.cache_clear()
    settings = get_settings()
    with (folder / "console.log").open("w") as console:
        process = subprocess.Popen(
            [sys.executable, "-m", "core.cli", "run"], cwd=ROOT, stdout=console, stderr=subprocess.STDOUT
        )
        try:
            wait_for(lambda: _healthy(settings), "all processes healthy", _HEALTHY_WITHIN_S)
            yield settings
        finally:
            process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
            try:
                process.wait(_STOPPED_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _environment(folder: Path) -> dict[str, str]:
    """Every address is named: a developer's own environment or ``.env`` must not lead anywhere else."""
    data = folder / "data"
    ports = {name: str(_free_port()) for name in ("WORKBENCH", "API", "PREFECT", "MLFLOW")}
    return {f"SHIFUMI_{name}_PORT": port for name, port in ports.items()} | {
        "SHIFUMI_HOST": "127.0.0.1",
        "SHIFUMI_DATA_DIR": str(data),
        "SHIFUMI_DATABASE_URL": f"sqlite:///{(data / 'catalog.db').as_posix()}",
        "MLFLOW_TRACKING_URI": f"sqlite:///{(data / 'mlflow' / 'mlflow.db').as_posix()}",
        "PREFECT_API_URL": f"http://127.0.0.1:{ports['PREFECT']}/api",
        "SHIFUMI_DISCORD_WEBHOOK_URL": "",
        "SHIFUMI_ADMIN_USERNAME": "admin",
        "SHIFUMI_ADMIN_PASSWORD": secrets.token_urlsafe(16),
        # The schedule would push its own checks between those of the story.
        "SHIFUMI_CHECK_INTERVAL_S": "3600",
        # A training of a minute: the story has to end.
        "SHIFUMI_RPS_EPOCHS": "3",
        "SHIFUMI_RPS_IMGSZ": "192",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _healthy(settings: Settings) -> bool:
    record = read_run_record(settings.run_dir)
    return record is not None and all(one.state == "healthy" for one in record.processes.values())
