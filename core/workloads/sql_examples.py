"""Example SQL queries: a workload's own ones, else generic ones for its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.storage.sql import Table
from core.workloads.base import Workload
from core.workloads.capabilities import SqlExamples

_MADE = {
    "How datasets were generated": "SELECT dataset_id, workload, rows, parameters, created_by, created_at\n"
    "FROM datasets ORDER BY dataset_id DESC",
}


def examples(workloads: Iterable[Workload], tables: Sequence[Table]) -> dict[str, str]:
    """Title → query, for the workloads with data in ``tables``; without any data, for all that have examples.

    Where two workloads use the same title, the later one's gets the workload's name.
    """
    columns = {table.name: table.columns for table in tables}
    known = [one for one in workloads if one.name in columns or len(tables) <= 1]
    found: dict[str, str] = {}
    for workload in known:
        own = workload.sql_examples if isinstance(workload, SqlExamples) else _of_columns(workload, columns)
        for title, query in own.items():
            found[f"{title}, {workload.title}" if title in found else title] = query
    return {**found, **{title: query for title, query in _MADE.items() if title not in found}}


def _of_columns(workload: Workload, columns: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Queries for the columns of the workload's table; none while it has no data."""
    if workload.name not in columns:
        return {}
    table, has = quoted(workload.name), columns[workload.name]
    made = {"Rows per dataset": f"SELECT dataset_id, count(*) AS rows\nFROM {table} GROUP BY ALL ORDER BY ALL"}
    if "holdout" in has:
        made["Split sizes"] = f"SELECT dataset_id, holdout, count(*) AS rows\nFROM {table} GROUP BY ALL ORDER BY ALL"
    measured = [feature.name for feature in workload.features if feature.name in has]
    if "label" in has and workload.task == "classification":
        means = "".join(f", round(avg({quoted(name)}), 3) AS {quoted(f'mean_{name}')}" for name in measured[:4])
        made["Means per class"] = f"SELECT label, count(*) AS rows{means}\nFROM {table} GROUP BY label ORDER BY label"
    elif measured:
        ends = ", ".join(f"min({quoted(one)}), avg({quoted(one)}), max({quoted(one)})" for one in measured[:3])
        made["Ranges"] = f"SELECT {ends}\nFROM {table}"
    return {f"{title}, {workload.title}": query for title, query in made.items()}


def quoted(name: str) -> str:
    """A quoted SQL identifier."""
    return name if name.isidentifier() else '"' + name.replace('"', '""') + '"'
