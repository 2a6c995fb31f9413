"""Create the local MLflow store atomically.

MLflow creates its tables in some forty steps without a transaction. An interruption would leave a file that no later
start can open. So the tables are created in a temporary file, by MLflow's own command, and the file is renamed when
it is complete.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

_PATIENCE_S = 180.0
_ABANDONED_AFTER_S = 600.0


def make_store(path: Path) -> None:
    """Create the store ``path`` (SQLite) unless it exists. Takes a few seconds; safe in several processes at once.

    Raises ``OSError`` when it cannot be created.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        _create_tables(fresh)
        _give_name(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _create_tables(fresh: Path) -> None:
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", f"sqlite:///{fresh.as_posix()}"]
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    try:
        subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_PATIENCE_S, check=True)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"MLflow did not create its tables within {_PATIENCE_S:.0f} s") from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise OSError(f"MLflow could not create its tables: {last}") from error


def _give_name(fresh: Path, path: Path) -> None:
    """Rename without replacing: another process may have created the store meanwhile, with runs in it."""
    try:
        if os.name == "posix":
            os.link(fresh, path)
        else:
            fresh.rename(path)
    except FileExistsError:
        return


def _sweep(path: Path) -> None:
    """Delete leftovers of earlier attempts that were killed."""
    for stale in path.parent.glob(f"{path.name}.*.new*"):
        if time.time() - stale.stat().st_mtime > _ABANDONED_AFTER_S:
            stale.unlink(missing_ok=True)
