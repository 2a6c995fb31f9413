"""``/predict`` against ``mlflow models serve``: the same registered model, the same points, in turns."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import numpy as np
import psutil
import pytest

from core.config.settings import ROOT, Settings
from tests.api.running import sidecar
from tests.bench.load import Load
from tests.bench.table import Row, Table
from tests.ports import free_port
from tests.waiting import wait_until

SECTION = "Predictions over HTTP"
CONNECTIONS, ROUNDS, SECONDS = 8, 5, 3.0
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class Contender:
    """A server, and how it wants to be asked."""

    name: str
    url: str
    process: psutil.Process
    wrap: Callable[[list[list[float]]], dict[str, Any]]
    answer: str
    headers: dict[str, str] = field(default_factory=dict)

    def classes(self, points: list[list[float]]) -> list[int]:
        answered = httpx.post(self.url, json=self.wrap(points), headers=self.headers, timeout=30).raise_for_status()
        classes: list[int] = answered.json()[self.answer]
        return classes

    def load(self, points: list[list[float]], folder: Path) -> Load:
        """What a generator in a process of its own measures."""
        body = folder / f"{self.name}-{len(points)}.json"
        body.write_text(json.dumps(self.wrap(points)))
        lines = [f"{name}: {value}" for name, value in {"Content-Type": "application/json", **self.headers}.items()]
        command = [
            sys.executable,
            "-m",
            "tests.bench.load",
            self.url,
            str(CONNECTIONS),
            str(SECONDS),
            str(body),
            *lines,
        ]
        printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120).stdout
        return Load(**json.loads(printed))

    def memory_mb(self) -> float:
        """Proportional share of memory of its whole tree; resident size where that is not known."""
        infos = [process.memory_full_info() for process in (self.process, *self.process.children(recursive=True))]
        return sum(getattr(info, "pss", info.rss) for info in infos) / 2**20


@contextmanager
def _mlflow_serve(settings: Settings) -> Iterator[Contender]:
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/shifumi-linear@champion"]
    command += ["--env-manager", "local", "-h", "127.0.0.1", "-p", str(port)]
    # MLflow starts `uvicorn` by its name.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {"MLFLOW_TRACKING_URI": settings.tracking_uri, "MLFLOW_DISABLE_TELEMETRY": "true", "PATH": path}
    output = settings.logs_dir / "mlflow-serve.out"
    with output.open("wb") as file:
        server = psutil.Popen(
            command, cwd=settings.data_dir, env=os.environ | ONE_THREAD | own, stdout=file, stderr=subprocess.STDOUT
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(
            lambda: _answers(address + "/ping") or server.poll() is not None, timeout=120, what="MLflow's server"
        )
        assert server.poll() is None, output.read_text()
        yield Contender(
            "mlflow",
            address + "/invocations",
            server,
            # The fastest of the formats it takes for this model.
            lambda points: {"inputs": {"x1": [x1 for x1, _ in points], "x2": [x2 for _, x2 in points]}},
            "predictions",
        )
    finally:
        for process in (*server.children(recursive=True), server):
            process.kill()
        server.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def contenders(champion: Settings, secret: str) -> Iterator[tuple[Contender, Contender]]:
    """Ours and MLflow's server, both with the champion loaded."""
    with sidecar(champion, **ONE_THREAD) as running, _mlflow_serve(champion) as theirs:
        wait_until(running.is_ready, timeout=60)
        ours = Contender(
            "sidecar",
            running.url + "/predict",
            psutil.Process(running.process.pid),
            lambda points: {"features": points},
            "classes",
            {"Authorization": f"Bearer {secret}"},
        )
        yield ours, theirs


@pytest.mark.timeout(900)
def test_predict(contenders: tuple[Contender, Contender], table: Table, tmp_path: Path) -> None:
    ours, theirs = contenders
    idle = [contender.memory_mb() for contender in contenders]
    points: list[list[float]] = np.random.default_rng(3).normal(size=(1_000, 2)).tolist()
    assert ours.classes(points) == theirs.classes(points)
    assert 0 < sum(ours.classes(points)) < 1_000
    table.add(SECTION, Row("Idle memory with the model loaded", *(f"{mb:.0f} MB" for mb in idle)))
    for rows, at_least in ((1, 8.0), (1_000, 6.0)):
        loads = [(ours.load(points[:rows], tmp_path), theirs.load(points[:rows], tmp_path)) for _ in range(ROUNDS)]
        assert all(load.failed == 0 for pair in loads for load in pair)
        _note(table, rows, at_least, loads)


def _note(table: Table, rows: int, at_least: float, loads: list[tuple[Load, Load]]) -> None:
    setting = f"{rows:,} row{'s' * (rows > 1)} per request, {CONNECTIONS} connections"
    rates = [median(pair[side].per_second for pair in loads) for side in (0, 1)]
    ratio = median(ours.per_second / theirs.per_second for ours, theirs in loads)
    figures = (f"{rates[0]:,.0f}/s", f"{rates[1]:,.0f}/s", f"{ratio:.1f}×")
    table.add(SECTION, Row(f"Requests, {setting}", *figures, f"≥ {at_least:.0f}×", ratio >= at_least))
    for name in ("p50", "p99"):
        times = [median(getattr(pair[side], f"{name}_ms") for pair in loads) for side in (0, 1)]
        figures = (f"{times[0]:.1f} ms", f"{times[1]:.1f} ms", f"{times[0] / times[1]:.2f}×")
        goal = ("lower", times[0] < times[1]) if name == "p99" else ("", None)
        table.add(SECTION, Row(f"{name} latency, {setting}", *figures, *goal))
    assert ratio > 2  # far from every target: something is broken, not slow
