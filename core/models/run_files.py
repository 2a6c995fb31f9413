"""Metric histories and artifacts of a tracked run."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from core.models import registry
from core.models.registry import store_errors

MAX_FILE_BYTES = 20_000_000
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact. ``bytes`` is None where the store does not know it."""

    path: str
    bytes: int | None


def history(run_id: str, metric: str) -> list[tuple[int, float]]:
    """Steps and values of ``metric``. Raises :class:`RegistryError`."""
    mlflow_client = registry.client()
    with store_errors():
        points = mlflow_client.get_metric_history(run_id, metric)
    return [(point.step, point.value) for point in sorted(points, key=lambda point: (point.step, point.timestamp))]


def artifacts(run_id: str) -> list[Artifact]:
    """The run's artifacts in all folders, at most 200. Raises :class:`RegistryError`."""
    mlflow_client = registry.client()
    found: list[Artifact] = []
    folders: list[str | None] = [None]
    with store_errors():
        while folders and len(found) < _MOST_FILES:
            for item in mlflow_client.list_artifacts(run_id, folders.pop(0)):
                if item.is_dir:
                    folders.append(item.path)
                else:
                    found.append(Artifact(item.path, item.file_size))
    return sorted(found[:_MOST_FILES], key=lambda item: item.path)


def read_artifact(run_id: str, path: str) -> bytes:
    """The content of one listed file.

    Raises :class:`RegistryError`, ``LookupError`` when it is not listed and ``ValueError`` when it is
    larger than :data:`MAX_FILE_BYTES`.
    """
    # Only listed artifacts: the path may come from an address entered by a user.
    listed = next((item for item in artifacts(run_id) if item.path == path), None)
    if listed is None:
        raise LookupError(f"This run has no file {path}.")
    if listed.bytes is not None and listed.bytes > MAX_FILE_BYTES:
        raise ValueError(f"{path} is too large to be shown here ({listed.bytes / 1e6:.0f} MB).")
    mlflow_client = registry.client()
    with tempfile.TemporaryDirectory() as scratch, store_errors():
        return Path(mlflow_client.download_artifacts(run_id, path, scratch)).read_bytes()
