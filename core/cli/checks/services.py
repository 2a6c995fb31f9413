"""The running stack, or whether it could be started."""

from __future__ import annotations

from collections.abc import Iterator

from core.catalog.engine import CatalogUnavailableError
from core.cli import runlock
from core.cli.findings import Finding, ok, problem, warning
from core.cli.ports import port_problems
from core.cli.stack import stack, wanted_ports
from core.config.prefect_address import prefect_is_elsewhere
from core.config.settings import Settings
from core.jobs import jobs, prefect_api
from core.models.store_health import deleted_experiments, lost_promotions, store_problem
from core.monitoring.health import ComponentState, component_states
from core.monitoring.run_record import RunRecord, read_run_record
from core.workloads import WORKLOADS


def check_services(settings: Settings, fix: bool) -> Iterator[Finding]:
    """With a supervisor: is each process healthy? Without: are the ports free, are there leftover processes?"""
    record = read_run_record(settings.run_dir)
    if record and record.alive:
        yield from _running(settings, record)
    else:
        if record:
            yield _stale(settings, record, fix)
        yield from _ports(settings)
    if not settings.tracking_uri.startswith(("http://", "https://")):  # see checks/external_services.py
        yield _store(settings)
    yield from _lost_store(settings)
    for name in deleted_experiments(settings):
        yield warning(
            f"The MLflow experiment {name} was deleted: its runs are hidden on the Runs page",
            "The next training restores it with its runs. Keep it: the versions, and so the champion, refer to them.",
        )
    if (record and record.alive) or prefect_is_elsewhere(settings):
        yield from _deployments()


def _lost_store(settings: Settings) -> Iterator[Finding]:
    try:
        promotions = lost_promotions(settings)
    except CatalogUnavailableError:
        return  # the check of the catalog reports it
    if promotions:
        yield problem(
            f"The MLflow store has no model version, but the catalog knows {promotions} promotions: it was lost",
            "Restore data/mlflow/mlflow.db from a backup; its artifacts may still be in data/mlflow/artifacts.",
        )


def _deployments() -> Iterator[Finding]:
    """Can the flows of every workload be started? Nothing while Prefect does not respond, which has its own finding."""
    try:
        flows = prefect_api.flow_names()
        present = {f"{flows.get(one['flow_id'])}/{one['name']}" for one in prefect_api.deployments()}
    except (prefect_api.PrefectUnavailableError, prefect_api.PrefectRefusedError):
        return
    wanted = [f"{flow}/{workload}" for workload in WORKLOADS for flow in (jobs.GENERATE, jobs.CHECK)]
    if missing := [name for name in wanted if name not in present]:
        yield problem(
            f"Prefect lacks the deployments {', '.join(missing)}",
            "A running flow runner registers them within half a minute; see data/logs/runner.jsonl if it does not.",
        )
    else:
        yield ok("Prefect has the deployments of every workload")


def _running(settings: Settings, record: RunRecord) -> Iterator[Finding]:
    yield ok(f"Shifumi is running (process {record.supervisor_pid})")
    for component in component_states(settings):
        if component.name in record.processes:
            yield _process(component)


def _process(component: ComponentState) -> Finding:
    where = f" at {component.url}" if component.url else ""
    if component.state == "healthy":
        again = f"; {component.detail}" if component.detail else ""
        return ok(f"{component.label} is healthy{where}{again}")
    text = f"{component.label}{where} is {component.state}: {component.detail or 'wait a moment'}"
    return warning(text, component.remedy or "Check again in half a minute.")


def _stale(settings: Settings, record: RunRecord, fix: bool) -> Finding:
    if fix:
        ended = runlock.end_leftovers(settings.run_dir)
        return ok(f"Cleaned up after a killed run ({ended} processes ended)")
    return warning(
        f"The last run (process {record.supervisor_pid}) was killed and may have left processes behind",
        "The next `python3 manage.py run` ends them; `doctor --fix` does it now.",
    )


def _ports(settings: Settings) -> Iterator[Finding]:
    wanted = wanted_ports(settings, stack(settings, mlflow_ui=True))
    problems = port_problems(wanted)
    for text in problems:
        yield problem(text, "Then run `python3 manage.py run` again.")
    if not problems:
        yield ok(f"The ports {', '.join(str(one.port) for one in wanted)} are free")


def _store(settings: Settings) -> Finding:
    if reason := store_problem(settings):
        missing = reason.startswith("not created yet")
        text = f"MLflow store: {reason}"
        return ok(text) if missing else problem(text, "Check MLFLOW_TRACKING_URI and the folder data/mlflow.")
    return ok("The MLflow store is readable")
