"""The OpenAPI schema of a deployment's parameters, so that Prefect's own pages show titles, ranges and defaults."""

from __future__ import annotations

from typing import Any

from core.jobs import jobs, prefect_api
from core.jobs.job_parameters import CHOICES, parameters_of

_REFERENCES = "#/definitions/{model}"


def describe_deployments() -> None:
    """Add the workloads' descriptions to every deployment that has them. Raises ``PrefectUnavailableError``."""
    flows = prefect_api.flow_names()
    for found in prefect_api.deployments():
        schema = found.get("parameter_openapi_schema") or {}
        better = described(schema, flows.get(found["flow_id"], ""), str(found["name"]))
        if better != schema:
            prefect_api.set_parameter_schema(str(found["id"]), better)


def described(schema: dict[str, Any], kind: str, workload: str) -> dict[str, Any]:
    """``schema`` (Prefect's, generated from the flow's signature) with the descriptions of the workload's parameters.

    Returns the same object when there is nothing to add.
    """
    model = parameters_of(kind, workload)
    if model is None:
        return schema
    made = model.model_json_schema(ref_template=_REFERENCES)
    definitions = {**schema.get("definitions", {}), **made.pop("$defs", {})}
    properties = dict(schema.get("properties", {}))
    if kind == jobs.GENERATE:
        own = {CHOICES: {**made, "title": "Choices"}}
    else:
        own = {name: one for name, one in made["properties"].items() if name in properties}
    for name, one in own.items():
        properties[name] = {**one, "position": properties.get(name, {}).get("position", len(properties))}
    return {**schema, "properties": properties, "definitions": definitions}
