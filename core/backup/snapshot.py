"""A consistent snapshot of a database that is in use."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from core.backup.manifest import BackupError
from core.catalog.engine import engine_for
from core.catalog.revision import sqlite_file


def copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's online backup: a consistent copy during writes. Raises :class:`BackupError`."""
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            live.backup(copy)
    except sqlite3.Error as error:
        raise BackupError(
            f"{source} cannot be copied ({error}). `python3 manage.py doctor` checks it; wait until nothing locks "
            "it, or stop Shifumi, and try again."
        ) from error


@contextmanager
def catalog_snapshot(url: str, scratch: Path) -> Iterator[Connection]:
    """A connection with a snapshot of the catalog. Raises :class:`BackupError`.

    SQLite is copied to ``scratch``; PostgreSQL provides the snapshot itself (repeatable read).
    """
    try:
        if (path := sqlite_file(url)) is None:
            with engine_for(url).connect().execution_options(isolation_level="REPEATABLE READ") as connection:
                connection.execute(text("SET TRANSACTION READ ONLY"))
                yield connection
            return
        if not path.is_file():
            raise BackupError(f"There is no catalog {path}: nothing to back up yet.")
        copy_sqlite(path, scratch / "catalog.db")
        engine = create_engine(f"sqlite:///{(scratch / 'catalog.db').as_posix()}")
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()
    except SQLAlchemyError as error:
        raise BackupError(f"The catalog cannot be read: {str(error).strip().splitlines()[0]}") from error
