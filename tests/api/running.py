"""The sidecar as its own process, as `manage.py run` starts it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from core.config.settings import ROOT, Settings
from tests.ports import free_port
from tests.waiting import wait_until


@dataclass(frozen=True, slots=True)
class Running:
    """A sidecar that answers at ``url``."""

    process: subprocess.Popen[bytes]
    port: int
    output: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> httpx.Response | None:
        """None while nothing listens."""
        try:
            return httpx.get(self.url + path, timeout=5)
        except httpx.TransportError:
            return None

    def is_ready(self) -> bool:
        answer = self.get("/ready")
        return answer is not None and answer.status_code == 200


@contextmanager
def sidecar(settings: Settings, **environment: str) -> Iterator[Running]:
    """Start one on the data of ``settings`` and wait for its ``/health``; killed at the end."""
    port = free_port()
    own = {"SHIFUMI_DATA_DIR": str(settings.data_dir), "SHIFUMI_API_PORT": str(port), **environment}
    output = settings.logs_dir / "api.out"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "core.api"], cwd=ROOT, env=os.environ | own, stdout=file, stderr=subprocess.STDOUT
        )
    running = Running(process, port, output)
    try:
        wait_until(lambda: running.get("/health"), timeout=60, every=0.02, what=f"/health; see {output}")
        yield running
    finally:
        process.kill()
        process.wait()
