"""Read-only SQL over the datasets, for users.

Tables: ``datasets`` (the catalog's listing), ``dataset_<id>`` for each dataset, and one per
workload, called like it, over all its datasets with their ``dataset_id``.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.auth.roles import Actor, Role, require
from core.catalog.tables import Dataset
from core.config.settings import ROOT, get_settings
from core.storage import datasets, lake

if TYPE_CHECKING:
    import pandas as pd

_MEMORY = "512MB"
_PROCESS_MB = 1_500
_SQL_MAX_CHARACTERS = 20_000
_START_S = 15.0
_AT_ONCE = 2
_running = threading.BoundedSemaphore(_AT_ONCE)


class QueryError(ValueError):
    """The query was rejected or failed; the message is for its author."""


@dataclass(frozen=True, slots=True)
class Result:
    """``truncated``: there are more rows than shown. ``skipped``: tables whose file is missing or damaged."""

    rows: pd.DataFrame
    truncated: bool
    seconds: float
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be queried."""

    name: str
    columns: tuple[str, ...]
    note: str


def run_query(actor: Actor, sql: str) -> Result:
    """Run one SELECT, within the row, time and memory limits of the settings.

    Raises ``ForbiddenError``, or :class:`QueryError` with a message that says what to change.
    """
    require(actor, Role.VIEWER)
    if not sql.strip():
        raise QueryError("Enter a query first, or choose one of the examples.")
    if len(sql) > _SQL_MAX_CHARACTERS:
        raise QueryError(f"The query is longer than {_SQL_MAX_CHARACTERS:,} characters.")
    order, missing = order_for(sql)
    with _one_of_few():
        begun = time.monotonic()
        rows, answer = _ask_worker(order)
    skipped = tuple(sorted({*missing, *answer["skipped"]}))
    return Result(rows, answer["truncated"], time.monotonic() - begun, skipped)


def tables() -> list[Table]:
    """The available tables, the newest dataset first."""
    made = [
        Table(
            "datasets",
            ("dataset_id", "workload", "rows", "bytes", "parameters", "created_by", "created_at", "status"),
            "all datasets",
        )
    ]
    listed = datasets.listed()
    for workload in dict.fromkeys(dataset.workload for dataset in listed):
        own = [dataset for dataset in listed if dataset.workload == workload]
        columns = _columns(own)
        made.append(Table(workload, ("dataset_id", *columns), f"the rows of all {len(own)} datasets"))
        made += [Table(f"dataset_{dataset.id}", columns, f"{dataset.rows:,} rows") for dataset in own]
    return made


def _columns(own: list[Dataset]) -> tuple[str, ...]:
    """The columns of the newest readable dataset."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for dataset in own:
        try:
            return tuple(pq.read_schema(lake.file_of(dataset.path)).names)
        except (lake.DatasetMissingError, lake.LakeUnreachableError, pa.ArrowInvalid):
            continue
    return ()


def _views(listed: list[Dataset]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Workload → dataset id → file, and the tables whose file is missing."""
    views: dict[str, dict[str, str]] = {}
    missing = []
    for dataset in listed:
        try:
            file = lake.file_of(dataset.path)
        except (lake.DatasetMissingError, lake.LakeUnreachableError):
            missing.append(f"dataset_{dataset.id}")
            continue
        views.setdefault(dataset.workload, {})[str(dataset.id)] = file.resolve().as_posix()
    return views, missing


def order_for(sql: str) -> tuple[dict[str, Any], list[str]]:
    """The input of the worker process, and the tables whose file is missing."""
    settings = get_settings()
    listed = datasets.listed()
    views, missing = _views(listed)
    return {
        "sql": sql,
        "views": views,
        "datasets": [_described(d) for d in listed],
        "max_rows": settings.sql_max_rows,
        "timeout_s": settings.sql_timeout_s,
        "memory": _MEMORY,
        "process_mb": _PROCESS_MB,
    }, missing


def _described(one: Dataset) -> list[Any]:
    made = (one.created_by, one.created_at.isoformat())
    return [one.id, one.workload, one.rows, one.bytes, json.dumps(one.parameters), *made, one.status]


@contextmanager
def _one_of_few() -> Iterator[None]:
    if not _running.acquire(blocking=False):
        raise QueryError(f"{_AT_ONCE} queries are running already. Try again in a moment.")
    try:
        yield
    finally:
        _running.release()


def _ask_worker(order: dict[str, Any]) -> tuple[pd.DataFrame, dict[str, Any]]:
    timeout_s = order["timeout_s"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "core.storage.sql_worker"],
            input=json.dumps(order).encode(),
            capture_output=True,
            # The query is interrupted inside; this is for a worker that does not react.
            timeout=timeout_s + _START_S,
            cwd=ROOT,
            env=_bare_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise QueryError(_too_slow(timeout_s)) from None
    head, _, body = done.stdout.partition(b"\n")
    if done.returncode or not head:
        raise QueryError(_too_big())
    answer = json.loads(head)
    if "error" in answer:
        raise QueryError(_explained(answer["kind"], answer["error"], timeout_s))
    import pyarrow as pa

    return pa.ipc.open_stream(io.BytesIO(body)).read_all().to_pandas(), answer


def _bare_environment() -> dict[str, str]:
    """No secrets: the worker executes user input."""
    wanted = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG", "TZ", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in wanted if name in os.environ}


def _explained(kind: str, text: str, timeout_s: float) -> str:
    if kind == "InterruptException":
        return _too_slow(timeout_s)
    if kind == "OutOfMemoryException":
        return _too_big()
    if kind == "PermissionException":
        return f"Queries can only read the datasets, no other files. ({text.strip().splitlines()[0]})"
    return text.strip()


def _too_slow(timeout_s: float) -> str:
    return f"Stopped after {timeout_s:g} s. Select fewer rows, or aggregate; SHIFUMI_SQL_TIMEOUT_S sets the limit."


def _too_big() -> str:
    return f"The query exceeds the memory limit ({_MEMORY}). Select fewer rows or columns, or aggregate."
