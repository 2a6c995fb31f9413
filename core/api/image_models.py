"""Image models of the sidecar: loaded in worker processes, never in its own memory."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from core.api import image_worker
from core.api.image_pool import ImagePool, WorkerLostError
from core.api.image_worker import ModelSource
from core.models import registry
from core.models.serving import ModelRefusedError, Served, verified_export
from core.workloads import get_workload


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model that a worker process has loaded and tested. ``kept`` is its folder, deleted with the last reference."""

    at: ModelSource
    classes: tuple[str, ...]
    kept: tempfile.TemporaryDirectory[str] | None = field(default=None, repr=False)


class RemoteLoader:
    """A :class:`core.models.serving.Loader` that loads in ``pool``; this process only downloads and verifies."""

    def __init__(self, pool: ImagePool) -> None:
        self._pool = pool

    def load(self, version: registry.Version) -> Served:
        kept = tempfile.TemporaryDirectory(prefix="shifumi-model-", ignore_cleanup_errors=True)
        folder = verified_export(version, Path(kept.name))
        return self._served(version, ModelSource(version.workload, version.version, str(folder)), kept)

    def starter(self, workload: str) -> Served | None:
        if not get_workload(workload).has_starter:
            return None
        return self._served(registry.starter_version(workload), ModelSource(workload, 0, None), None)

    def _served(
        self, version: registry.Version, at: ModelSource, kept: tempfile.TemporaryDirectory[str] | None
    ) -> Served:
        try:
            classes = self._pool.run_blocking(image_worker.load, at)
        except WorkerLostError as error:
            raise ModelRefusedError(
                f"{at.workload} v{at.version} cannot serve: loading it ended its process"
            ) from error
        return Served(version, RemoteModel(at, classes, kept), datetime.now(UTC))
