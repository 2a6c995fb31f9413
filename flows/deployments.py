"""The deployments: which flows, for which workloads, on which schedules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect.flows import Flow
from prefect.runner import Runner

from core.config.settings import get_settings
from core.jobs import prefect_api
from core.workloads import WORKLOADS
from core.workloads.base import Workload
from flows.check import check
from flows.generate import generate_dataset
from flows.import_images import import_images
from flows.parameter_schemas import describe_deployments
from flows.predict_file import predict_file
from flows.predict_video import predict_video
from flows.propose_boxes import propose_boxes
from flows.random_check import periodic_check

FORMER_NAMES = {"check": "check-and-retrain"}
"""Flow → its name in version 0.1, whose deployments may still be on the server."""

Served = tuple[Flow[Any, Any], dict[str, Any]]


def all_deployments() -> list[Served]:
    """Each flow with its deployment's options: one per workload, named after it, and the exercise."""
    settings = get_settings()
    made: list[Served] = []
    for name, workload in WORKLOADS.items():
        options: dict[str, Any] = {"name": name, "parameters": {"workload": name}, "tags": [name]}
        made.append((generate_dataset, options))
        made.append((check, {**options, "interval": timedelta(seconds=settings.check_interval_s)}))
        made += [(flow, options) for flow in _flows_for(workload)]
    exercise = {"name": "course", "tags": ["course"], "interval": timedelta(seconds=settings.random_check_interval_s)}
    made.append((periodic_check, {**exercise, "paused": True}))
    return made


def _flows_for(workload: Workload) -> list[Flow[Any, Any]]:
    """Additional flows according to the workload's data and labels."""
    found: list[Flow[Any, Any]] = []
    if workload.data_kind == "rows":
        found.append(predict_file)
    if workload.annotation != "none":
        found += [import_images, propose_boxes]
    if workload.data_kind == "images":
        found.append(predict_video)
    return found


def paused_deployments() -> dict[tuple[str, str], bool]:
    """(flow, deployment) → paused, as on the server: pausing and resuming survives a restart."""
    flows = prefect_api.flow_names()
    return {(flows[item["flow_id"]], item["name"]): bool(item["paused"]) for item in prefect_api.deployments()}


def register(runner: Runner) -> None:
    """Register the deployments with the server and with ``runner``.

    ``add_flow`` instead of a deployment by path: the runner then starts runs from the flow in memory and
    need not import the code for each run.
    """
    paused = paused_deployments()
    for flow, options in all_deployments():
        # Prefect would reset "paused" at each registration.
        former = paused.get((FORMER_NAMES.get(flow.name, ""), options["name"]), options.get("paused", False))
        kept = paused.get((flow.name, options["name"]), former)
        runner.add_flow(flow, **{**options, "paused": kept})
    _delete_renamed()
    describe_deployments()


def register_missing(runner: Runner) -> list[str]:
    """Register deployments that somebody deleted in Prefect, or that went with its database; returns their names.

    Raises ``PrefectUnavailableError``, ``PrefectRefusedError``, and Prefect's own errors.
    """
    present = paused_deployments()
    missing = [(flow, options) for flow, options in all_deployments() if (flow.name, options["name"]) not in present]
    for flow, options in missing:
        runner.add_flow(flow, **options)
    if missing:
        describe_deployments()
    return [f"{flow.name}/{options['name']}" for flow, options in missing]


def _delete_renamed() -> None:
    """Their schedules would go on creating runs that no runner executes."""
    names = prefect_api.flow_names()
    for item in prefect_api.deployments():
        if names[item["flow_id"]] in FORMER_NAMES.values():
            prefect_api.delete_deployment(item["id"])
