"""The catalog's rows as JSON lines, independent of the database engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from importlib import import_module
from itertools import islice
from pathlib import Path
from pkgutil import iter_modules
from typing import IO, Any

from sqlalchemy import JSON, Connection, DateTime, MetaData, Table, func, inspect, select, text

from core import catalog
from core.catalog.tables import Base
from core.config.messages import Message, as_json

_AT_ONCE = 500


def catalog_tables() -> list[Table]:
    """All tables of the catalog, referenced tables first."""
    for module in iter_modules(catalog.__path__):
        if module.name.endswith("tables"):
            import_module(f"core.catalog.{module.name}")
    return list(Base.metadata.sorted_tables)


def dump(connection: Connection, table: Table, target: IO[bytes]) -> int:
    """Write a table's rows, one JSON object per line; returns their number. Reads in batches of a few hundred."""
    count = 0
    found = connection.execution_options(yield_per=_AT_ONCE).execute(select(table))
    for row in found.mappings():
        plain = {str(name): _plain(value) for name, value in row.items()}
        line = json.dumps(plain, ensure_ascii=False, default=_message)
        target.write(line.encode() + b"\n")
        count += 1
    return count


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _message(value: object) -> object:
    if isinstance(value, Message):
        return as_json(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def is_empty(connection: Connection) -> bool:
    """True when none of the catalog's tables has rows; missing tables count as empty."""
    there = set(inspect(connection).get_table_names())
    return not any(
        connection.scalar(select(func.count()).select_from(table)) for table in catalog_tables() if table.name in there
    )


def has_tables(connection: Connection) -> bool:
    """True when any table of the catalog exists."""
    return bool(set(inspect(connection).get_table_names()) & {table.name for table in catalog_tables()})


def load(connection: Connection, dumps: Mapping[str, Path]) -> None:
    """Fill tables from their dumps. Raises ``ValueError`` when a dump does not match.

    The tables are reflected from the database: the code may be newer than the archive.
    """
    known = MetaData()
    known.reflect(connection)
    if unknown := set(dumps) - set(known.tables):
        raise ValueError(f"no table is called {', '.join(sorted(unknown))}")
    for table in known.sorted_tables:
        if table.name in dumps:
            _fill(connection, table, dumps[table.name])


def _fill(connection: Connection, table: Table, file: Path) -> None:
    for column in table.columns:
        if isinstance(column.type, JSON):
            column.type = JSON(none_as_null=True)
    moments = [column.name for column in table.columns if isinstance(column.type, DateTime)]
    with file.open(encoding="utf-8") as lines:
        for rows in _pieces(_row(line, moments) for line in lines):
            connection.execute(table.insert(), rows)
    if connection.dialect.name == "postgresql":
        _go_on_counting(connection, table)


def _row(line: str, moments: Iterable[str]) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(line)
    for name in moments:
        if row.get(name) is not None:
            row[name] = datetime.fromisoformat(row[name])
    return row


def _pieces(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while piece := list(islice(rows, _AT_ONCE)):
        yield piece


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Advance PostgreSQL's sequences beyond the inserted ids."""
    for column in table.primary_key.columns:
        sequence = connection.scalar(
            text("SELECT pg_get_serial_sequence(:name, :key)"), {"name": table.name, "key": column.name}
        )
        if sequence is not None:
            highest = connection.scalar(select(func.max(column)))
            wanted = {"sequence": sequence, "value": highest or 1, "used": highest is not None}
            connection.execute(text("SELECT setval(CAST(:sequence AS regclass), :value, :used)"), wanted)
