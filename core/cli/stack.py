"""The processes of the stack on one machine, according to the settings."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from core.catalog.revision import sqlite_file
from core.cli.ports import Wanted
from core.cli.processes import ProcessSpec
from core.config.prefect_address import prefect_is_elsewhere
from core.config.probe import probe
from core.config.settings import Settings

_PROBE_TIMEOUT_S = 2.0
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A server handles many requests at once: several BLAS threads per request would only compete."""


def stack(settings: Settings, *, mlflow_ui: bool = False) -> list[ProcessSpec]:
    """The processes that `manage.py run` starts, in the order of the address table."""
    specs = [_workbench(settings), _api(settings)]
    if not prefect_is_elsewhere(settings):
        specs.append(_prefect(settings))
    specs.append(_runner(settings, after="" if prefect_is_elsewhere(settings) else "prefect"))
    if settings.celery_broker_url is not None:
        specs.append(_worker(settings))
    if mlflow_ui and not settings.tracking_uri.startswith("http"):
        specs.append(_mlflow(settings))
    return specs


def wanted_ports(settings: Settings, specs: list[ProcessSpec]) -> list[Wanted]:
    """The addresses that ``specs`` listen on, with the settings that change them."""
    return [
        Wanted(spec.label, settings.host, spec.port, f"SHIFUMI_{spec.name.upper()}_PORT")
        for spec in specs
        if spec.port is not None
    ]


def child_environment(settings: Settings) -> dict[str, str]:
    """Environment variables for all processes, in addition to the supervisor's own environment."""
    return {
        "PREFECT_API_URL": settings.prefect_api,
        "PREFECT_HOME": str(settings.prefect_home),
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_RUNNER_POLL_FREQUENCY": os.environ.get("PREFECT_RUNNER_POLL_FREQUENCY", "1"),
        "PREFECT_SERVER_METRICS_ENABLED": "true",
        "PREFECT_API_ENABLE_METRICS": "true",
        "MLFLOW_TRACKING_URI": settings.tracking_uri,
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def _answers(url: str) -> Callable[[], bool]:
    return lambda: not probe(url, _PROBE_TIMEOUT_S)


def _workbench(settings: Settings) -> ProcessSpec:
    url = f"http://{settings.reach_host}:{settings.workbench_port}"
    options = {"port": settings.workbench_port, "address": settings.host, "headless": "true"}
    flags = [part for name, value in options.items() for part in (f"--server.{name}", str(value))]
    return ProcessSpec(
        "workbench",
        "Workbench",
        (sys.executable, "-m", "core.ui.shell.serve", *flags),
        _answers(url + "/_stcore/health"),
        port=settings.workbench_port,
        url=url,
        env=child_environment(settings) | _ONE_THREAD,
    )


def _api(settings: Settings) -> ProcessSpec:
    return ProcessSpec(
        "api",
        "Prediction API",
        (sys.executable, "-m", "core.api"),
        _answers(settings.sidecar_url + "/health"),
        port=settings.api_port,
        url=settings.sidecar_url,
        env=child_environment(settings) | _ONE_THREAD,
    )


def _prefect(settings: Settings) -> ProcessSpec:
    address = ("--host", settings.host, "--port", str(settings.prefect_port))
    return ProcessSpec(
        "prefect",
        "Prefect",
        (sys.executable, "-m", "prefect", "server", "start", *address),
        _answers(settings.prefect_api + "/health"),
        port=settings.prefect_port,
        url=settings.prefect_ui,
        env=child_environment(settings) | _prefect_database(settings) | _ONE_THREAD,
        stop_last=True,
    )


def _prefect_database(settings: Settings) -> dict[str, str]:
    """PostgreSQL for the server only: other processes use HTTP and need no password."""
    if settings.prefect_database_url is None:
        return {}
    url = settings.prefect_database_url.get_secret_value()
    # Prefect's server is asynchronous and needs the driver in the URL.
    named = url.replace("postgresql://", "postgresql+asyncpg://", 1)
    return {"PREFECT_API_DATABASE_CONNECTION_URL": named}


def _says_ready(file: Path) -> Callable[[], bool]:
    """For a process without a port: it writes a file once it is ready."""

    def ready() -> bool:
        try:
            return "ready_at" in json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False

    return ready


def _forget(ready_file: Path) -> None:
    with suppress(OSError):  # a read-only disk: the process starts all the same
        ready_file.unlink(missing_ok=True)


def _runner(settings: Settings, after: str) -> ProcessSpec:
    ready_file = settings.run_dir / "runner.json"
    return ProcessSpec(
        "runner",
        "Flow runner",
        (sys.executable, "-m", "flows.serve"),
        _says_ready(ready_file),
        env=child_environment(settings),
        after=after,
        interrupt_first=True,
        # The file of the previous runner would look like this one's.
        before_start=lambda: _forget(ready_file),
    )


def _worker(settings: Settings) -> ProcessSpec:
    ready_file = settings.run_dir / "worker.json"
    return ProcessSpec(
        "worker",
        "Worker",
        worker_command("--ready", str(ready_file)),
        _says_ready(ready_file),
        env=child_environment(settings),
        # It releases its work items before its processes are stopped.
        interrupt_first=True,
        before_start=lambda: _forget(ready_file),
    )


def worker_command(*options: str) -> tuple[str, ...]:
    """The command that starts a worker."""
    return (sys.executable, "-m", "flows.worker", *options)


def _mlflow(settings: Settings) -> ProcessSpec:
    url = f"http://{settings.reach_host}:{settings.mlflow_port}"
    file = sqlite_file(settings.tracking_uri)
    store = ("--backend-store-uri", settings.tracking_uri)
    artifacts = ("--artifacts-destination", str(settings.mlflow_dir / "artifacts"))
    address = ("--host", settings.host, "--port", str(settings.mlflow_port), "--workers", "1")
    return ProcessSpec(
        "mlflow",
        "MLflow",
        (sys.executable, "-m", "mlflow", "server", *store, *artifacts, *address),
        _answers(url + "/health"),
        port=settings.mlflow_port,
        url=url,
        env=child_environment(settings) | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"} | _ONE_THREAD,
        # The runner creates the store atomically; MLflow's server would create it in forty separate steps.
        may_start=lambda: file is None or file.exists(),
        interrupt_first=True,
    )
