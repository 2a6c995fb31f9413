"""MLflow's SQLite database contains absolute paths: they must be rewritten for another folder."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname


def rewrite_paths(database: Path, old: str, folder: Path) -> int:
    """Replace the path ``old`` (a ``file:`` URI) by ``folder`` in every text column of the database.

    Returns the number of changed values. All tables are searched: MLflow stores such paths in six of them today.
    """
    pairs = [(old, folder.as_uri()), (_path_of(old), folder.as_posix())]
    changed = 0
    with closing(sqlite3.connect(database)) as connection, connection:
        for table, column in _texts(connection):
            for before, after in pairs:
                if before == after:
                    continue
                cell = f'"{column}"'
                update = (
                    f'UPDATE "{table}" SET {cell} = ? || substr({cell}, ?) '  # noqa: S608 - names are the database's own
                    f"WHERE {cell} = ? OR substr({cell}, 1, ?) = ?"
                )
                values = (after, len(before) + 1, before, len(before) + 1, f"{before}/")
                changed += connection.execute(update, values).rowcount
    return changed


def _path_of(uri: str) -> str:
    return Path(url2pathname(unquote(urlsplit(uri).path))).as_posix()


def _texts(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [
        (table, column)
        for table in tables
        for _, column, kind, *_ in connection.execute(f'PRAGMA table_info("{table}")')
        if "CHAR" in kind.upper() or "TEXT" in kind.upper()
    ]
