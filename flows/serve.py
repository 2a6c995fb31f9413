"""The flow runner: registers all deployments and runs them until it is stopped.

python -m flows.serve
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from datetime import UTC, datetime, timedelta

from loguru import logger
from prefect.exceptions import TerminationSignal
from prefect.runner import Runner

from core.backup import catalog_copies
from core.catalog.engine import CatalogUnavailableError
from core.config.disk import write_when_possible
from core.config.logs import setup_logging
from core.config.settings import get_settings
from core.jobs import crash_detection, prefect_api
from core.models import registry
from core.monitoring import health_sampler
from core.monitoring.metrics.exporter import start_exporter
from core.monitoring.metrics.machine_metrics import TreeCollector
from flows import fork_server, metrics
from flows.deployments import register, register_missing

_WATCH_EVERY_S = 3.0
_REGISTER_EVERY_S = 15.0


def main() -> None:
    """Serve until interrupted."""
    setup_logging("runner")
    fork_server.install()
    drop_missed_runs()
    runner = Runner(name="shifumi", pause_on_shutdown=False, limit=get_settings().runner_limit)
    register(runner)
    port = get_settings().runner_metrics_port
    start_exporter(port, "SHIFUMI_RUNNER_METRICS_PORT", [TreeCollector(), metrics.RunnerCollector(runner)])
    threading.Thread(target=_watch, name="job-watch", daemon=True).start()
    threading.Thread(target=_keep_registered, args=(runner,), name="deployments", daemon=True).start()
    threading.Thread(target=health_sampler.run, name="health", daemon=True).start()
    threading.Thread(target=catalog_copies.keep_copying, name="catalog-copies", daemon=True).start()
    # In a separate process, so that the runner need not keep MLflow in memory.
    fork_server.start_context().Process(target=open_store, name="mlflow-store", daemon=True).start()  # type: ignore[attr-defined]
    _say_ready()
    try:
        asyncio.run(runner.start())
    except (KeyboardInterrupt, TerminationSignal):
        logger.info("Flow runner stopped")


def drop_missed_runs() -> None:
    """Cancel scheduled runs that were due while no runner was running: one check now is enough."""
    overdue = datetime.now(UTC) - timedelta(seconds=5)
    for run in prefect_api.runs(["SCHEDULED"], limit=200, sort="EXPECTED_START_TIME_ASC"):
        if run.auto_scheduled and run.expected_start is not None and run.expected_start < overdue:
            prefect_api.set_state(
                run.id, "CANCELLED", "Cancelled", "Missed: the flow runner was not running.", force=True
            )


def _say_ready() -> None:
    """Notify the supervisor, atomically, that the deployments are registered."""
    ready = get_settings().run_dir / "runner.json"
    note = {"pid": os.getpid(), "host": socket.gethostname(), "ready_at": datetime.now(UTC).isoformat()}
    if error := write_when_possible(ready, json.dumps(note)):
        logger.warning("{} cannot be written, trying again: {}", ready, error)


def open_store() -> None:
    """Create MLflow's tables now: that takes seconds, which the first training should not wait for."""
    setup_logging("flows")
    try:
        registry.client()
    except registry.RegistryError as error:
        logger.warning("{}", error)


def _watch() -> None:
    """End jobs without a heartbeat, as long as this runner runs."""
    pause = threading.Event()
    while not pause.wait(_WATCH_EVERY_S):
        try:
            metrics.ENDED.inc(len(crash_detection.end_lost_jobs()))
            metrics.LOOKED_AT.set_to_current_time()
        except (prefect_api.PrefectUnavailableError, prefect_api.PrefectRefusedError, CatalogUnavailableError) as error:
            metrics.FAILURES.inc()
            logger.warning("Watching jobs: {}", error)
        except Exception:  # noqa: BLE001 - without this thread a killed run would stay "running" forever
            metrics.FAILURES.inc()
            logger.exception("Watching jobs failed; trying again")


def _keep_registered(runner: Runner) -> None:
    """Register deployments again that were deleted in Prefect: nobody could start their flows otherwise."""
    pause = threading.Event()
    while not pause.wait(_REGISTER_EVERY_S):
        try:
            if again := register_missing(runner):
                logger.warning("Registered deployments that were deleted in Prefect: {}", ", ".join(again))
        except (prefect_api.PrefectUnavailableError, prefect_api.PrefectRefusedError):
            continue  # the runner itself reports that Prefect is down
        except Exception:  # noqa: BLE001 - the runner is worth more than a deployment
            logger.exception("Deployments could not be registered; trying again")


if __name__ == "__main__":
    main()
