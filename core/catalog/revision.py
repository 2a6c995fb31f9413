"""Is the catalog up to date? Checked without importing Alembic, which is slow."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

_VERSIONS = Path(__file__).resolve().parent / "migrations" / "versions"


def newest_revision() -> str:
    """The newest migration, from the number at the start of each migration's file name."""
    return max(path.name.split("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py"))


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLAlchemy URL for SQLite; None for a server."""
    prefix = "sqlite:///"
    return Path(url.removeprefix(prefix)) if url.startswith(prefix) else None


def sqlite_value(path: Path, question: str) -> object:
    """The first value of a query on a SQLite file, which is never created or changed; None when there is none.

    Raises ``sqlite3.Error`` when the file cannot be read.
    """
    address = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=1.0)) as connection:
        row = connection.execute(question).fetchone()
    return row[0] if row else None
