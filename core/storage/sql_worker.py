"""The process that runs one user query: a sandboxed DuckDB that can read only the datasets.

A separate process, because DuckDB's memory limit does not cover everything a query can allocate
(``repeat('x', 2000000000)``): a failure here does not affect the workbench. It gets its whole input on
standard input and never reads settings or the environment. Run by :mod:`core.storage.sql`.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa

_RESULT_MAX_BYTES = 50_000_000
_LISTING = (
    "CREATE TABLE datasets (dataset_id BIGINT, workload VARCHAR, rows BIGINT, bytes BIGINT, "
    "parameters JSON, created_by VARCHAR, created_at TIMESTAMPTZ, status VARCHAR)"
)


class QueryRefusedError(ValueError):
    """This kind of query is not allowed; the message says what is."""


def main() -> None:
    """Read the request (JSON) from standard input; write one JSON line, then the rows as an Arrow stream."""
    order = json.load(sys.stdin)
    _limit_memory(order["process_mb"])
    out = sys.stdout.buffer
    try:
        table, truncated, skipped = run(order)
    except (duckdb.Error, QueryRefusedError, pa.ArrowInvalid) as error:
        _answer(out, error=str(error), kind=type(error).__name__)
    except MemoryError:
        _answer(out, error="", kind="OutOfMemoryException")
    else:
        _answer(out, truncated=truncated, skipped=skipped)
        with pa.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table)


def _answer(out: BinaryIO, **fields: Any) -> None:
    out.write(json.dumps(fields).encode() + b"\n")


def run(order: dict[str, Any]) -> tuple[pa.Table, bool, list[str]]:
    with duckdb.connect(":memory:", config={"threads": 1, "memory_limit": order["memory"]}) as connection:
        skipped = _prepare(connection, order)
        _require_one_select(connection, order["sql"])
        timer = threading.Timer(order["timeout_s"], connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            # One row more than shown, to know whether there are more.
            table = connection.sql(order["sql"]).limit(order["max_rows"] + 1).to_arrow_table()
        finally:
            timer.cancel()
    if table.nbytes > _RESULT_MAX_BYTES:
        raise QueryRefusedError(
            f"The result is {table.nbytes / 1e6:,.0f} MB, too much for a page. Select fewer columns or aggregate."
        )
    return table.slice(0, order["max_rows"]), table.num_rows > order["max_rows"], skipped


def _prepare(connection: duckdb.DuckDBPyConnection, order: dict[str, Any]) -> list[str]:
    """Create views over the datasets, then lock everything else. Returns the views that could not be created."""
    files = [file for view in order["views"].values() for file in view.values()]
    connection.execute("SET allowed_paths = $files", {"files": files})
    for setting, value in (
        ("temp_directory", "''"),
        ("autoinstall_known_extensions", "false"),
        ("autoload_known_extensions", "false"),
        ("enable_external_access", "false"),
    ):
        connection.execute(f"SET {setting} = {value}")
    skipped = _make_views(connection, order["views"])
    connection.execute(_LISTING)
    if order["datasets"]:
        connection.executemany("INSERT INTO datasets VALUES (?, ?, ?, ?, ?, ?, ?, ?)", order["datasets"])
    connection.execute("SET lock_configuration = true")
    return skipped


def _make_views(connection: duckdb.DuckDBPyConnection, views: dict[str, dict[str, str]]) -> list[str]:
    """``views``: workload → dataset id → file. Damaged files are left out and returned."""
    skipped = []
    for workload, files in views.items():
        selects = []
        for dataset_id, file in files.items():
            quoted = file.replace("'", "''")
            select = f"FROM read_parquet('{quoted}')"
            try:
                connection.execute(f'CREATE VIEW "dataset_{int(dataset_id)}" AS {select}')
            except duckdb.Error:
                skipped.append(f"dataset_{int(dataset_id)}")
                continue
            selects.append(f"SELECT {int(dataset_id)} AS dataset_id, * {select}")
        if selects:
            connection.execute(f'CREATE VIEW "{workload}" AS ' + " UNION ALL BY NAME ".join(selects))
    return skipped


def _require_one_select(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise QueryRefusedError(f"Only one query at a time; this contains {len(statements)} statements.")
    if statements[0].type != duckdb.StatementType.SELECT:
        name = str(statements[0].type).rpartition(".")[2]
        raise QueryRefusedError(f"Only SELECT queries are allowed; this is {name}.")


def _limit_memory(megabytes: int) -> None:
    """A memory limit for the whole process, where the system supports one."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 1_000_000, megabytes * 1_000_000))


if __name__ == "__main__":
    main()
