"""The servers that a benchmark of ``/predict`` asks in turns, each with the same model."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from core.config.settings import ROOT, Settings
from tests.bench.load import Load
from tests.ports import free_port
from tests.waiting import wait_until

CONNECTIONS, SECONDS = 8, float(os.environ.get("BENCH_SECONDS", "3"))
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Points = Sequence[Sequence[float]]
Wrap = Callable[[Points], dict[str, Any]]


def as_features(points: Points) -> dict[str, Any]:
    return {"features": points}


def as_columns(points: Points) -> dict[str, Any]:
    """The fastest of the formats that MLflow's server takes for this model."""
    return {"inputs": {"x1": [x1 for x1, _ in points], "x2": [x2 for _, x2 in points]}}


@dataclass(frozen=True, slots=True)
class Contender:
    """A server, and how it wants to be asked. ``answer``: the field with the classes, if it has any."""

    name: str
    url: str
    process: psutil.Process
    wrap: Wrap = as_features
    answer: str = "classes"
    headers: dict[str, str] = field(default_factory=dict)

    def classes(self, points: Points) -> list[int]:
        answered = httpx.post(self.url, json=self.wrap(points), headers=self.headers, timeout=30).raise_for_status()
        return [int(label) for label in answered.json()[self.answer]]

    def load_and_cpu(self, points: Points, folder: Path) -> tuple[Load, float]:
        """:meth:`load`, and the server's CPU time per request in microseconds, which a busy machine blurs less."""
        before = self._cpu_s()
        load = self.load(points, folder)
        return load, (self._cpu_s() - before) / load.answered * 1e6

    def _cpu_s(self) -> float:
        """User and system time of all its threads."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def load(self, points: Points, folder: Path) -> Load:
        """What a generator in a process of its own measures."""
        body = folder / f"{self.name.replace('/', '-')}-{len(points)}.json"
        body.write_text(json.dumps(self.wrap(points)))
        command = generator(self.url, body, {"Content-Type": "application/json", **self.headers})
        printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120).stdout
        return Load(**json.loads(printed))

    def memory_mb(self) -> float:
        """Proportional share of memory of its whole tree; resident size where that is not known."""
        infos = [process.memory_full_info() for process in (self.process, *self.process.children(recursive=True))]
        return sum(getattr(info, "pss", info.rss) for info in infos) / 2**20


def generator(
    url: str, body: Path, headers: Mapping[str, str], connections: int = CONNECTIONS, seconds: float = SECONDS
) -> list[str]:
    """The command of :mod:`tests.bench.load`."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return [sys.executable, "-m", "tests.bench.load", url, str(connections), str(seconds), str(body), *lines]


@contextmanager
def mlflow_serve(settings: Settings) -> Iterator[Contender]:
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/shifumi-linear@champion"]
    command += ["--env-manager", "local", "-h", "127.0.0.1", "-p", str(port)]
    # MLflow starts `uvicorn` by its name.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {"MLFLOW_TRACKING_URI": settings.tracking_uri, "MLFLOW_DISABLE_TELEMETRY": "true", "PATH": path}
    with _server(command, settings, port, "/ping", own) as process:
        yield Contender("MLflow", f"http://127.0.0.1:{port}/invocations", process, as_columns, "predictions")


@contextmanager
def empty_asgi(settings: Settings, headers: dict[str, str]) -> Iterator[Contender]:
    """``headers``: those that ``/predict`` is sent; both read the same request, byte for byte but for the port."""
    port = free_port()
    with _server([sys.executable, "-m", "tests.bench.empty_asgi", str(port)], settings, port, "/", {}) as process:
        yield Contender("an empty ASGI application", f"http://127.0.0.1:{port}/predict", process, headers=headers)


@contextmanager
def fastapi_sklearn(settings: Settings, model: Path) -> Iterator[Contender]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.fastapi_sklearn", str(port), str(model)]
    with _server(command, settings, port, "/openapi.json", {}) as process:
        yield Contender("FastAPI with scikit-learn", f"http://127.0.0.1:{port}/predict", process)


@contextmanager
def bentoml(settings: Settings, model: Path, python: str) -> Iterator[Contender]:
    port = free_port()
    command = [python, "-m", "bentoml", "serve", "tests.bench.bento_service:Points", "--port", str(port)]
    own = {"BENCH_MODEL_FILE": str(model), "BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": str(settings.data_dir)}
    with _server([*command, "--host", "127.0.0.1"], settings, port, "/readyz", own) as process:
        yield Contender("BentoML", f"http://127.0.0.1:{port}/predict", process)


@contextmanager
def _server(
    command: list[str], settings: Settings, port: int, health: str, environment: Mapping[str, str]
) -> Iterator[psutil.Process]:
    output = settings.logs_dir / f"contender-{port}.out"
    with output.open("wb") as file:
        server = psutil.Popen(
            command, cwd=ROOT, env=os.environ | ONE_THREAD | environment, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        wait_until(
            lambda: _answers(f"http://127.0.0.1:{port}{health}") or server.poll() is not None,
            timeout=300,
            what=f"{command}, see {output}",
        )
        assert server.poll() is None, output.read_text()
        yield server
    finally:
        for process in (*server.children(recursive=True), server):
            process.kill()
        server.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False
