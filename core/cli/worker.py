"""`manage.py worker`: one worker in this terminal."""

from __future__ import annotations

import os
import subprocess

from core.catalog.revision import sqlite_file
from core.cli.bootstrap import prepare_data
from core.cli.errors import CommandError
from core.cli.stack import child_environment, worker_command
from core.settings import ROOT, Settings
from core.work.broker import NoBrokerError, address, embedded


def worker(settings: Settings, queues: str | None, concurrency: int | None, name: str | None) -> int:
    """Become a worker; returns its exit code where that is a child process. Raises :class:`CommandError`."""
    try:
        address(settings)
    except NoBrokerError as error:
        raise CommandError(str(error)) from error
    _require_catalog(settings)
    prepare_data(settings)
    options = [
        part
        for option, value in (("--queues", queues), ("--concurrency", concurrency), ("--name", name))
        if value is not None
        for part in (option, str(value))
    ]
    command = list(worker_command(*options))
    os.environ.update(child_environment(settings))
    os.chdir(ROOT)
    if os.name == "posix":
        os.execv(command[0], command)  # noqa: S606 - our own interpreter, no shell
    return subprocess.call(command)


def _require_catalog(settings: Settings) -> None:
    """A worker shares the workbench's catalog: it never makes one, nor changes its tables."""
    from core.health import catalog_problem

    path = sqlite_file(settings.catalog_url)
    if path is not None and not path.exists():
        raise CommandError(
            "There is no catalog here. A worker shares the one of the workbench: on another machine set "
            "SHIFUMI_DATABASE_URL (PostgreSQL), MLFLOW_TRACKING_URI and the storage as they are set there."
        )
    if reason := catalog_problem():
        raise CommandError(f"The catalog cannot be used: {reason}. Bring this machine to the workbench's version.")
    if path is not None and not embedded(settings):
        print(f"This worker uses the catalog {path}, so it serves the workbench on this machine.", flush=True)
