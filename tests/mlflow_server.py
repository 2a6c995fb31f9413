"""A real MLflow server for tests, with a database and files of its own, reached over HTTP only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from core.cli import process_trees
from tests.ports import free_port
from tests.waiting import wait_until


@contextmanager
def mlflow_server(
    folder: Path, store: str, artifacts: str, environment: Mapping[str, str], host: str = "127.0.0.1"
) -> Iterator[str]:
    """Start one over the database ``store`` and yield its address; ``artifacts`` is where its proxy puts files."""
    port = free_port()
    url = f"http://{host}:{port}"
    places = ("--backend-store-uri", store, "--artifacts-destination", artifacts)
    address = ("--host", host, "--port", str(port), "--allowed-hosts", f"{host}:{port}")
    command = [sys.executable, "-m", "mlflow", "server", *places, *address, "--workers", "1"]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    process = subprocess.Popen(command, env=os.environ | quiet | environment, cwd=folder)
    try:
        wait_until(lambda: _answers(url), timeout=120, what=f"MLflow at {url}")
        yield url
    finally:
        process_trees.kill_all([*process_trees.descendants(process.pid), *process_trees.by_pid(process.pid)])
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
