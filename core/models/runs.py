"""Tracked runs of all workloads: search and details.

MLflow filters and sorts what it can; text and aliases are matched here. A search looks at a bounded
number of runs, so that a store with many thousand runs responds as quickly as a small one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.config.settings import get_settings
from core.models import registry
from core.models.registry import RegistryError, Version, store_errors
from core.models.store_health import store_problem
from core.workloads import WORKLOADS

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun

STATUSES = ("FINISHED", "RUNNING", "FAILED", "KILLED")
STARTED = "started"
_SCAN = 2000
_BATCH = 500
_MOST_VERSIONS = 1000


@dataclass(frozen=True, slots=True)
class Run:
    """One tracked run. ``seconds`` is None while it runs; ``dataset_id`` and ``flow_run_id`` may be missing."""

    id: str
    name: str
    workload: str
    experiment_id: str
    status: str
    started: datetime
    seconds: float | None
    metrics: dict[str, float]
    parameters: dict[str, str]
    dataset_id: int | None
    flow_run_id: str
    versions: tuple[int, ...]
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A search. ``sort`` is :data:`STARTED` or a metric; ``least`` is the minimum of ``metric``."""

    workload: str | None = None
    status: str | None = None
    metric: str | None = None
    least: float | None = None
    text: str = ""
    alias: str | None = None
    sort: str = STARTED
    descending: bool = True
    limit: int = 200


@dataclass(frozen=True, slots=True)
class Found:
    """Runs in the requested order. ``more``: the search stopped before the end."""

    runs: list[Run] = field(default_factory=list)
    more: bool = False


def search(query: Query) -> Found:
    """Matching runs. Raises :class:`RegistryError`; a store that does not exist yet contains none."""
    if not _opened():
        return Found()
    experiments = _experiments(query.workload)
    held = _versions(experiments.values())
    matched: list[Run] = []
    scanned = 0
    for raw in _raw(list(experiments), query):
        if scanned == _SCAN or len(matched) > query.limit:
            break
        scanned += 1
        run = _run(raw, experiments[raw.info.experiment_id], held)
        if matches(run, query):
            matched.append(run)
    return Found(matched[: query.limit], len(matched) > query.limit or scanned == _SCAN)


def get(run_id: str) -> Run:
    """One run. Raises :class:`RegistryError`, ``LookupError`` when it does not exist."""
    from mlflow.exceptions import MlflowException

    if not _opened() or not re.fullmatch(r"[0-9a-f]{32}", run_id):
        raise LookupError("There is no such run.")
    mlflow_client = registry.client()
    with store_errors():
        try:
            raw = mlflow_client.get_run(run_id)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                raise LookupError("There is no such run.") from None
            raise
    workload = _experiments(None).get(raw.info.experiment_id)
    if workload is None:
        raise LookupError("This run belongs to no workload of Shifumi.")
    return _run(raw, workload, _versions([workload]))


def matches(run: Run, query: Query) -> bool:
    """Whether ``run`` matches the part of ``query`` that MLflow cannot filter."""
    if query.alias and query.alias not in run.aliases:
        return False
    known = [run.name, run.id, run.workload, *(f"v{version}" for version in run.versions), *run.aliases]
    known += [f"{name}={value}" for name, value in run.parameters.items()]
    text = "\n".join(known).lower()
    return all(word in text for word in query.text.lower().split())


def _opened() -> bool:
    """False while there is no local store. Raises immediately for a broken one: MLflow would retry for minutes."""
    if not registry.store_exists():
        return False
    if problem := store_problem(get_settings()):
        raise RegistryError(f"The MLflow store does not respond: {problem}. See `python3 manage.py doctor`.")
    return True


def _experiments(workload: str | None) -> dict[str, str]:
    """Experiment id → workload."""
    mlflow_client = registry.client()
    found = {}
    with store_errors():
        for name in [workload] if workload else WORKLOADS:
            experiment = mlflow_client.get_experiment_by_name(registry.model_name(name))
            if experiment is not None:
                found[str(experiment.experiment_id)] = name
    return found


def _versions(workloads: Iterable[str]) -> dict[str, list[Version]]:
    """Run id → the versions registered from it."""
    held: dict[str, list[Version]] = {}
    for workload in workloads:
        for version in registry.versions(workload, _MOST_VERSIONS):
            held.setdefault(version.run_id, []).append(version)
    return held


def _raw(experiments: list[str], query: Query) -> Iterator[MlflowRun]:
    """MLflow's results, page by page."""
    if not experiments:
        return
    mlflow_client = registry.client()
    token: str | None = None
    while True:
        with store_errors():
            batch = mlflow_client.search_runs(
                experiments, _filter(query), max_results=_BATCH, order_by=[_order(query)], page_token=token
            )
        yield from batch
        token = batch.token
        if not token:
            return


def _filter(query: Query) -> str:
    parts = []
    if query.status in STATUSES:
        parts.append(f"attributes.status = '{query.status}'")
    if query.metric and query.least is not None:
        parts.append(f"metrics.{_quoted(query.metric)} >= {float(query.least)!r}")
    return " and ".join(parts)


def _order(query: Query) -> str:
    column = "attributes.start_time" if query.sort == STARTED else f"metrics.{_quoted(query.sort)}"
    return f"{column} {'DESC' if query.descending else 'ASC'}"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "") + "`"


def _run(raw: MlflowRun, workload: str, held: dict[str, list[Version]]) -> Run:
    info, tags = raw.info, raw.data.tags
    mine = held.get(info.run_id, [])
    return Run(
        id=str(info.run_id),
        name=str(info.run_name or info.run_id[:8]),
        workload=workload,
        experiment_id=str(info.experiment_id),
        status=str(info.status),
        started=datetime.fromtimestamp(info.start_time / 1000, UTC),
        seconds=(info.end_time - info.start_time) / 1000 if info.end_time else None,
        metrics=dict(raw.data.metrics),
        parameters=dict(raw.data.params),
        dataset_id=int(tags["dataset_id"]) if tags.get("dataset_id", "").isdigit() else None,
        flow_run_id=tags.get("flow_run_id", ""),
        versions=tuple(sorted(version.version for version in mine)),
        aliases=tuple(alias for version in mine for alias in version.aliases),
    )
