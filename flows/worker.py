"""A worker: consumes queues and executes work items until it is stopped.

python -m flows.worker --queues default,gpu --concurrency 1 --name here
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loguru import logger

from core.catalog.engine import CatalogUnavailableError
from core.catalog.work_tables import Worker
from core.config.disk import write_when_possible
from core.config.logs import setup_logging
from core.config.settings import get_settings
from core.jobs import workers
from core.monitoring.metrics.exporter import start_exporter
from core.monitoring.metrics.machine_metrics import TreeCollector
from flows import fork_server

if TYPE_CHECKING:
    from flows.lease import LeaseHolder

_PRELOAD = ["flows.preload_worker"]


def main(arguments: list[str] | None = None) -> int:
    """Work until stopped; returns the exit code."""
    options = _options(arguments)
    setup_logging("worker")
    # Celery is imported here and not above: each process that executes an item imports this module again.
    from flows.lease import LeaseHolder

    holder = LeaseHolder(options.name, fork_server.preloaded_context(_PRELOAD))
    me = Worker(
        name=options.name,
        host=socket.gethostname(),
        pid=os.getpid(),
        queues=options.queues,
        concurrency=options.concurrency,
    )
    start_exporter(get_settings().worker_metrics_port, "SHIFUMI_WORKER_METRICS_PORT", [TreeCollector()])
    left = threading.Event()
    pulse = threading.Thread(target=_pulse, args=(me, left), name="pulse", daemon=True)
    pulse.start()
    try:
        return _serve(holder, me, options.ready)
    finally:
        left.set()
        pulse.join(timeout=2)
        if options.ready is not None:
            options.ready.unlink(missing_ok=True)
        logger.info("Worker {} stopped", options.name)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    settings = get_settings()
    parser = argparse.ArgumentParser(prog="python -m flows.worker")
    parser.add_argument("--queues", default=",".join(settings.worker_queues))
    parser.add_argument("--concurrency", type=int, default=settings.celery_concurrency)
    parser.add_argument("--name", default=f"{socket.gethostname()}-{os.getpid()}")
    parser.add_argument("--ready", type=Path, help="a file to write once the queues are consumed")
    options = parser.parse_args(arguments)
    options.queues = [name.strip() for name in options.queues.split(",")]
    return options


def _serve(holder: LeaseHolder, me: Worker, ready_file: Path | None) -> int:
    """Run Celery's loop with threads: each holds one item, whose work is a separate process."""
    from celery import signals

    from flows.celery_app import TASK, make_app

    app = make_app(get_settings())

    def notified(item_id: str) -> None:
        holder.hold(item_id)

    app.task(notified, name=TASK)

    def stopping(**_about: Any) -> None:
        holder.stopping.set()

    def ready(**_about: Any) -> None:
        logger.info("Worker {} consumes {}", me.name, ", ".join(me.queues))
        if ready_file is not None:
            _say_ready(ready_file)

    def own_logging(**_about: Any) -> None:
        """Being connected keeps Celery from configuring its own logging."""

    signals.worker_shutting_down.connect(stopping)
    signals.worker_ready.connect(ready)
    signals.setup_logging.connect(own_logging)
    worker = app.Worker(
        hostname=me.name,
        queues=me.queues,
        concurrency=me.concurrency,
        pool="threads",
        # With its event loop a worker that loses Redis during work never reconnects (tested).
        use_eventloop=False,
        quiet=True,
        without_heartbeat=True,
        without_gossip=True,
        without_mingle=True,
    )
    worker.start()
    # Celery's code for a normal stop is True, which a shell takes for a failure.
    return 0 if holder.stopping.is_set() else int(worker.exitcode or 0)


def _pulse(me: Worker, left: threading.Event) -> None:
    """Send heartbeats while the worker runs."""
    while True:
        try:
            workers.heartbeat(me)
        except CatalogUnavailableError as error:
            logger.warning("Heartbeat not written: {}", error)
        if left.wait(get_settings().job_heartbeat_s):
            break
    try:
        workers.deregister(me.name)
    except CatalogUnavailableError as error:
        logger.warning("The worker could not be unregistered: {}", error)


def _say_ready(file: Path) -> None:
    """Notify the supervisor, atomically, that the broker responded and the queues are consumed."""
    note = {"pid": os.getpid(), "ready_at": datetime.now(UTC).isoformat()}
    if error := write_when_possible(file, json.dumps(note)):
        logger.warning("{} cannot be written, trying again: {}", file, error)


if __name__ == "__main__":
    raise SystemExit(main())
