"""A real workbench (``streamlit run app.py``, nothing else) on a free port, for as long as a test needs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from core.config.settings import ROOT
from tests.ports import free_port
from tests.waiting import wait_until


@dataclass(frozen=True)
class Workbench:
    """Where it answers, and what it has printed so far."""

    url: str
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")


@contextmanager
def running_workbench(data_dir: Path, **extra_env: str) -> Iterator[Workbench]:
    """Start one over ``data_dir`` (migrated); it is cold: health answers, no page has run yet."""
    port = free_port()
    bench = Workbench(f"http://127.0.0.1:{port}", data_dir / "workbench-output.log")
    env = os.environ | {"SHIFUMI_DATA_DIR": str(data_dir), "SHIFUMI_WORKBENCH_PORT": str(port)} | extra_env
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port)]
    with bench.log_file.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_until(lambda: _healthy(bench.url, process), timeout=60, what=f"workbench at {bench.url}")
            yield bench
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=10)


def _healthy(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, f"streamlit ended with code {process.returncode}"
    try:
        return httpx.get(f"{url}/_stcore/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
