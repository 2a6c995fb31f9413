"""What a report is about: read from the catalog and from MLflow, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core.catalog.engine import reading
from core.catalog.image_tables import Image
from core.catalog.tables import Dataset, Decision, Evaluation, utcnow
from core.loop import decisions
from core.models import registry, runs
from core.models.registry import CHAMPION, RegistryError, Version
from core.storage import datasets
from core.workloads import get_workload
from core.workloads.base import Workload

MOST = 1000
"""Datasets, decisions and runs in one report; what is older is counted."""


@dataclass(frozen=True, slots=True)
class Records:
    """Everything about one workload. ``problem`` says why MLflow could not be read; versions and runs are empty then.

    Datasets and decisions are the newest, oldest first; ``total`` counts both in the catalog. ``images`` counts images
    by source, split and state.
    """

    workload: Workload
    datasets: Sequence[Dataset]
    decisions: Sequence[Decision]
    total: tuple[int, int]
    evaluations: Sequence[Evaluation]
    images: Mapping[tuple[str, str, str], int]
    versions: Sequence[Version]
    runs: Mapping[str, runs.Run]
    problem: str
    at: datetime
    by: str

    @property
    def champion(self) -> Version | None:
        return next((one for one in self.versions if CHAMPION in one.aliases), None)

    def newest_evaluation(self, version: int) -> Evaluation | None:
        """The evaluation of a version on the newest dataset that it was evaluated on."""
        found = [one for one in self.evaluations if one.version == version]
        return max(found, key=lambda one: (one.dataset_id, one.id), default=None)


def gather(workload: str, by: str) -> Records:
    """Read everything. Raises :class:`core.catalog.engine.CatalogUnavailableError`, ``LookupError`` for an unknown
    workload; a registry that does not respond is noted in the result.
    """
    listed, tracked, problem = _models(workload)
    return Records(
        get_workload(workload),
        datasets.listed(workload, MOST)[::-1],
        decisions.latest(workload, MOST)[::-1],
        _totals(workload),
        decisions.evaluations(workload, MOST),
        _images(workload),
        listed,
        tracked,
        problem,
        utcnow(),
        by,
    )


def _models(workload: str) -> tuple[list[Version], dict[str, runs.Run], str]:
    if not registry.store_exists():
        return [], {}, ""
    try:
        found = runs.search(runs.Query(workload=workload, limit=MOST)).runs
        return registry.versions(workload, MOST), {one.id: one for one in found}, ""
    except RegistryError as error:
        return [], {}, str(error)


def _totals(workload: str) -> tuple[int, int]:
    with reading() as session:
        counted = [
            session.scalar(select(func.count(table.id)).where(table.workload == workload)) or 0
            for table in (Dataset, Decision)
        ]
    return counted[0], counted[1]


def _images(workload: str) -> dict[tuple[str, str, str], int]:
    groups = (Image.source, Image.split, Image.state)
    query = select(*groups, func.count(Image.id)).where(Image.workload == workload).group_by(*groups).order_by(*groups)
    with reading() as session:
        return {(source, split, state): count for source, split, state, count in session.execute(query)}
