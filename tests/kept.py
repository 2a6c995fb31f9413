"""Data folders that were expensive to fill, copied for tests that only look at them."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

# MLflow addresses artifacts absolutely.
_ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def copy_data(source: Path, target: Path) -> None:
    """Catalog, datasets and MLflow's store of one data folder into another, in which they are found again.

    Both databases may be in use in ``source``.
    """
    for folder in ("mlflow", "lake"):
        shutil.copytree(source / folder, target / folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.db*"))
    for name in ("catalog.db", "mlflow/mlflow.db"):
        with closing(sqlite3.connect(source / name)) as old, closing(sqlite3.connect(target / name)) as new:
            old.backup(new)
    with closing(sqlite3.connect(target / "mlflow" / "mlflow.db")) as store, store:
        for table, column in _ADDRESSES:
            change = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"  # noqa: S608 - names of ours
            store.execute(change, (str(source), str(target)))
