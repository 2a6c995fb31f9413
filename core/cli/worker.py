"""`manage.py worker`: one worker in this terminal."""

from __future__ import annotations

import argparse
import os
import subprocess

from core.catalog.revision import sqlite_file
from core.cli.bootstrap import prepare_data
from core.cli.errors import CommandError
from core.cli.stack import child_environment, worker_command
from core.config.settings import QUEUE, ROOT, Settings
from core.jobs.broker import NoBrokerError, address, embedded


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--queues", type=_queues, help="what it listens to, with commas (SHIFUMI_CELERY_QUEUES)")
    parser.add_argument("--concurrency", type=_positive, help="how many things it does at a time")
    parser.add_argument("--name", help="what the Overview calls it (machine and process number)")


def _queues(text: str) -> str:
    if not all(QUEUE.fullmatch(name.strip()) for name in text.split(",")):
        raise argparse.ArgumentTypeError("queue names have letters, digits, - and _, with commas between them")
    return text


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError("a number from 1 on")
    return int(text)


def worker(settings: Settings, options: argparse.Namespace) -> int:
    """Become a worker; returns its exit code where that is a child process. Raises :class:`CommandError`."""
    try:
        address(settings)
    except NoBrokerError as error:
        raise CommandError(str(error)) from error
    _require_catalog(settings)
    prepare_data(settings)
    given = {f"--{name}": getattr(options, name) for name in ("queues", "concurrency", "name")}
    chosen = [part for name, value in given.items() if value is not None for part in (name, str(value))]
    command = list(worker_command(*chosen))
    os.environ.update(child_environment(settings))
    os.chdir(ROOT)
    if os.name == "posix":
        os.execv(command[0], command)  # noqa: S606 - our own interpreter, no shell
    return subprocess.call(command)


def _require_catalog(settings: Settings) -> None:
    """A worker shares the workbench's catalog: it never makes one, nor changes its tables."""
    from core.monitoring.health import catalog_problem

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
