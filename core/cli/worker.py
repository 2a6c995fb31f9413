"""`manage.py worker`: run one worker in this terminal."""

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
    parser.add_argument("--queues", type=_queues, help="queues to consume, comma-separated (SHIFUMI_CELERY_QUEUES)")
    parser.add_argument("--concurrency", type=_positive, help="number of work items at a time")
    parser.add_argument("--name", help="name on the Overview (default: machine and process id)")


def _queues(text: str) -> str:
    if not all(QUEUE.fullmatch(name.strip()) for name in text.split(",")):
        raise argparse.ArgumentTypeError("queue names have letters, digits, - and _, separated by commas")
    return text


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError("must be a positive integer")
    return int(text)


def worker(settings: Settings, options: argparse.Namespace) -> int:
    """Run a worker; returns its exit code where that is a child process. Raises :class:`CommandError`."""
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
    """A worker shares the workbench's catalog: it never creates one, nor changes its tables."""
    from core.monitoring.health import catalog_problem

    path = sqlite_file(settings.catalog_url)
    if path is not None and not path.exists():
        raise CommandError(
            "There is no catalog here. A worker uses the workbench's catalog: on another machine set "
            "SHIFUMI_DATABASE_URL (PostgreSQL), MLFLOW_TRACKING_URI and the object store as on the workbench."
        )
    if reason := catalog_problem():
        raise CommandError(f"Cannot use the catalog: {reason}. Install the workbench's version here.")
    if path is not None and not embedded(settings):
        print(f"This worker uses the catalog {path} of the workbench on this machine.", flush=True)
