"""`manage.py run`: the whole stack in one terminal."""

from __future__ import annotations

import os
import time

from loguru import logger

from core.cli.bootstrap import announce_password, first_admin, prepare_catalog, prepare_data
from core.cli.errors import CommandError
from core.cli.ports import port_problems
from core.cli.runlock import end_leftovers, only_supervisor
from core.cli.stack import stack, wanted_ports
from core.cli.supervisor import Supervisor
from core.cli.table import address_table
from core.config.logs import setup_logging
from core.config.prefect_address import prefect_is_elsewhere
from core.config.settings import ROOT, Settings
from core.monitoring.run_record import ProcessRecord
from core.workloads import WORKLOADS
from core.workloads.settings import WorkloadSettingsError, settings_of

_TABLE_PATIENCE_S = 20.0


def run(settings: Settings, *, mlflow_ui: bool = False, verbose: bool = False, new_catalog: bool = False) -> int:
    """Start everything and stay until stopped; returns the exit code. Raises :class:`CommandError`."""
    try:
        settings_of(WORKLOADS.values())
    except WorkloadSettingsError as error:
        raise CommandError(f"These settings cannot be used (environment or .env file):\n  {error}") from error
    prepare_data(settings)
    with only_supervisor(settings.run_dir):
        setup_logging("supervisor", settings)
        if left := end_leftovers(settings.run_dir):
            logger.warning("Ended {} processes of an earlier run.", left)
        specs = stack(settings, mlflow_ui=mlflow_ui)
        if problems := port_problems(wanted_ports(settings, specs)):
            raise CommandError("\n".join(problems))
        prepare_catalog(settings, new_catalog=new_catalog)
        announce_password(settings, first_admin(settings))
        _explain_elsewhere(settings, mlflow_ui)
        # The children read the password's hash from the catalog; none of them needs the password.
        os.environ.pop("SHIFUMI_ADMIN_PASSWORD", None)
        reporter = _Reporter(settings)
        supervisor = Supervisor(
            specs,
            run_dir=settings.run_dir,
            logs_dir=settings.logs_dir,
            folder=ROOT,
            on_change=reporter.changed,
            verbose=verbose,
        )
        print("Starting ...", flush=True)
        return 0 if supervisor.run() else 1


def _explain_elsewhere(settings: Settings, mlflow_ui: bool) -> None:
    if prefect_is_elsewhere(settings):
        logger.info("Prefect is not started here: PREFECT_API_URL names {}", settings.prefect_api)
    if mlflow_ui and settings.tracking_uri.startswith("http"):
        logger.info("The MLflow UI is served by {}", settings.tracking_uri)


class _Reporter:
    """Turns state changes into console output: one table, then single lines."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._records: dict[str, ProcessRecord] = {}
        self._told: dict[str, str] = {}
        self._began = time.monotonic()
        self._table_shown = False

    def changed(self, name: str, record: ProcessRecord) -> None:
        if record.state == "stopped":
            return  # the supervisor logs the end, and the terminal may be gone
        self._records[name] = record
        before, self._told[name] = self._told.get(name), record.state
        if not self._table_shown:
            late = time.monotonic() - self._began > _TABLE_PATIENCE_S
            if self._records.get("workbench", record).state == "healthy" or late:
                self._table_shown = True
                print(address_table(self._records.values(), self._settings), flush=True)
        elif before != record.state and record.state == "healthy":
            logger.info("{} is up {}", record.label, record.url)
        elif before != record.state and record.state == "unhealthy":
            logger.warning("{} does not respond; see {}/{}.out", record.label, self._settings.logs_dir, name)
