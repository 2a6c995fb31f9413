"""The state of every service: the supervisor's records, merged with a health check.

Works without a supervisor too (containers, several machines): then only the health check counts.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

import psutil

from core.catalog.engine import CatalogUnavailableError, reading
from core.catalog.revision import newest_revision
from core.config import disk
from core.config import probe as probing
from core.config.settings import Settings, get_settings
from core.jobs import prefect_api
from core.models.store_health import store_problem
from core.monitoring.run_record import ProcessRecord, State, read_run_record
from core.storage.object_store import ObjectStoreError, object_store_for

_ANSWER_WITHIN_S = 1.5
_START = "Start everything with `python3 manage.py run`."
_MAKE_ROOM = "Reading and predicting go on; writing resumes by itself once the disk has room or is writable again."
_CONTAINER = "See `docker compose logs {service}`; `docker compose up -d` starts missing services."


@dataclass(frozen=True, slots=True)
class ComponentState:
    """One service. ``detail`` is the problem (empty when healthy), ``remedy`` what to do about it.

    ``since`` is aware UTC, and None without a supervisor. ``milliseconds`` is the duration of the health check.
    """

    name: str
    label: str
    state: State
    url: str = ""
    restarts: int = 0
    since: datetime | None = None
    detail: str = ""
    remedy: str = ""
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Look:
    """The health check of one service: ``problem`` returns what is wrong, or an empty text."""

    name: str
    label: str
    url: str
    problem: Callable[[], str]
    remedy: str = _START


def component_states(settings: Settings | None = None) -> list[ComponentState]:
    """The state of every service, in the order of the address table. Takes at most about 1.5 seconds."""
    settings = settings or get_settings()
    record = read_run_record(settings.run_dir)
    written = record.processes if record and record.alive else {}
    looks = _looks(settings, with_mlflow="mlflow" in written)
    futures = [_executor().submit(_timed, look.problem) for look in looks]
    deadline = time.monotonic() + _ANSWER_WITHIN_S
    answers = [_answer(future, deadline) for future in futures]
    return [
        replace(_merge(look, found, written.get(look.name)), milliseconds=took)
        for look, (found, took) in zip(looks, answers, strict=True)
    ]


def labels(settings: Settings | None = None) -> dict[str, str]:
    """Service → display name, in the order of the address table. Checks nothing."""
    return {look.name: look.label for look in _looks(settings or get_settings(), with_mlflow=True)}


@lru_cache(maxsize=1)
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(12, "health")


def _timed(problem: Callable[[], str]) -> tuple[str, float]:
    start = time.perf_counter()
    return problem(), 1000 * (time.perf_counter() - start)


def _answer(future: Future[tuple[str, float]], deadline: float) -> tuple[str, float]:
    try:
        return future.result(timeout=max(0.0, deadline - time.monotonic()))
    except FutureTimeoutError:
        return "no response in time", 1000 * _ANSWER_WITHIN_S


def _merge(look: _Look, problem: str, written: ProcessRecord | None) -> ComponentState:
    if written is None:
        state: State = "unhealthy" if problem else "healthy"
        remedy = look.remedy if problem else ""
        return ComponentState(look.name, look.label, state, look.url, detail=problem, remedy=remedy)
    # The record may be outdated: a successful check takes precedence.
    state = "healthy" if not problem else written.state if written.state != "healthy" else "unhealthy"
    since = datetime.fromtimestamp(written.since, UTC) if written.state == state else None
    detail = problem
    if written.restarts:
        detail += f"{'; ' if detail else ''}restarted {written.restarts} times, last exit code {written.last_exit}"
    waits = f"It is restarted automatically; see `data/logs/{look.name}.out` for the reason."
    remedy = "" if state in ("healthy", "starting") else waits
    return ComponentState(look.name, look.label, state, look.url, written.restarts, since, detail, remedy)


def _looks(settings: Settings, with_mlflow: bool) -> list[_Look]:
    workbench, api = settings.workbench_address, settings.sidecar_url
    mlflow = f"http://{settings.reach_host}:{settings.mlflow_port}"

    def start(service: str) -> str:
        return _CONTAINER.format(service=service) if settings.api_url else _START

    looks = [
        _Look("workbench", "Workbench", workbench, _http(workbench + "/_stcore/health"), start("app")),
        _Look("api", "Prediction API", settings.sidecar_public_url, _http(api + "/health"), start("api")),
        _Look("prefect", "Prefect", settings.prefect_ui, _http(settings.prefect_api + "/health"), start("prefect")),
        _Look("runner", "Flow runner", "", lambda: _runner_problem(settings), start("runner")),
        _Look("catalog", "Catalog", "", catalog_problem, "See `python3 manage.py doctor`."),
        _Look("disk", "Data folder", "", lambda: _disk_problem(settings), _MAKE_ROOM),
        _Look("store", "MLflow store", "", lambda: store_problem(settings), "See `python3 manage.py doctor`."),
    ]
    if settings.celery_broker_url is not None:
        looks.insert(4, _workers(settings))
    if settings.lake_url is not None:
        more = "See `python3 manage.py doctor`."
        looks.append(_Look("lake", "Object store", "", lambda: _lake_problem(settings), more))
    if with_mlflow:
        looks.insert(4, _Look("mlflow", "MLflow", mlflow, _http(mlflow + "/health")))
    return looks


def _workers(settings: Settings) -> _Look:
    from core.jobs.workers import start_command, used_queues, workers_problem

    remedy = f"Start one: `{start_command(used_queues(settings))}`. See `python3 manage.py doctor`."
    return _Look("workers", "Workers", "", lambda: workers_problem(settings), remedy)


def _http(url: str) -> Callable[[], str]:
    return lambda: probing.probe(url, probing.PROBE_TIMEOUT_S)


def _runner_problem(settings: Settings) -> str:
    """The runner has no port: its ready file contains its process; on another machine Prefect knows it."""
    try:
        note = json.loads((settings.run_dir / "runner.json").read_text(encoding="utf-8"))
        # Containers share the folder, but not process ids: each of them has a process 1.
        if note["host"] == socket.gethostname() and psutil.pid_exists(int(note["pid"])):
            return ""
    except (OSError, ValueError, KeyError, TypeError):
        pass
    try:
        ready = any(one.get("status") == "READY" for one in prefect_api.deployments())
    except (prefect_api.PrefectUnavailableError, prefect_api.PrefectRefusedError):
        return "unknown, because Prefect does not respond"
    return "" if ready else "no runner polls Prefect"


def _disk_problem(settings: Settings) -> str:
    return disk.trouble(settings.data_dir, max(disk.LEAST_BYTES, settings.min_free_disk_mb * 1_000_000))


def _lake_problem(settings: Settings) -> str:
    try:
        if place := object_store_for(settings):
            place.reach()
    except ObjectStoreError as error:
        return str(error)
    return ""


def catalog_problem() -> str:
    """Why the catalog is not usable, or an empty text."""
    from sqlalchemy import text

    try:
        with reading() as session:
            stored = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except CatalogUnavailableError as error:
        return str(error)
    return "" if stored == newest_revision() else f"its tables are at {stored}, the program expects {newest_revision()}"
