"""Removes the figures of old versions from their MLflow runs; parameters, metrics and the model itself stay."""

from __future__ import annotations

from datetime import datetime

from core.models import registry
from core.models.registry import Version, store_errors

_DONE = "figures_removed"
_AT_ONCE = 50
"""Versions per call, the oldest first: each costs a few requests to the store."""


def remove_figures(workload: str, before: datetime) -> int:
    """Remove the PNGs of versions older than ``before`` that no alias points at; returns how many versions had some.

    Raises :class:`core.models.registry.RegistryError`.
    """
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    mlflow_client = registry.client()
    removed = looked_at = 0
    for version in reversed(_old(workload, before)):
        if looked_at == _AT_ONCE:
            break
        with store_errors():
            run = mlflow_client.get_run(version.run_id)
            if _DONE in run.data.tags:
                continue
            looked_at += 1
            names = [item.path for item in mlflow_client.list_artifacts(version.run_id) if item.path.endswith(".png")]
            store = get_artifact_repository(run.info.artifact_uri)
            for name in names:
                store.delete_artifacts(name)  # type: ignore[no-untyped-call]
            mlflow_client.set_tag(version.run_id, _DONE, "true")
        removed += bool(names)
    return removed


def _old(workload: str, before: datetime) -> list[Version]:
    found = [one for one in registry.versions(workload, 1000) if not one.aliases and one.run_id]
    return [one for one in found if one.created_at < before]
