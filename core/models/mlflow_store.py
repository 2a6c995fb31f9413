"""Make the local MLflow store whole or not at all.

MLflow creates its tables in some forty steps that no transaction holds together. Whoever stops the
program in that minute would be left with a file that no later start can open. So the tables are made
in a file beside it, by MLflow's own command, and the file gets its name when it is complete.
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
    """Create the store ``path`` (SQLite) unless it is there. Takes a few seconds; safe in several processes at once.

    Raises ``OSError`` when it cannot be made.
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
        raise OSError(f"MLflow did not make its tables within {_PATIENCE_S:.0f} s") from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise OSError(f"MLflow could not make its tables: {last}") from error


def _give_name(fresh: Path, path: Path) -> None:
    """Rename without replacing: another process's store may be there by now, with runs in it."""
    try:
        if os.name == "posix":
            os.link(fresh, path)
        else:
            fresh.rename(path)
    except FileExistsError:
        return


def _sweep(path: Path) -> None:
    """Remove what earlier attempts left that were killed."""
    for stale in path.parent.glob(f"{path.name}.*.new*"):
        if time.time() - stale.stat().st_mtime > _ABANDONED_AFTER_S:
            stale.unlink(missing_ok=True)
