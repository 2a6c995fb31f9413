"""Two trainings of one dataset: one of seconds, then the full one of minutes.

A person who captured frames sees the result of the first at once. The full one is trained by the next check and has to
beat it. Workloads without a training of seconds have the full one only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from core.catalog.engine import reading
from core.catalog.tables import Dataset, Decision
from core.loop.decisions import PROMOTED, REJECTED
from core.models import registry
from core.workloads import get_workload
from core.workloads.base import QuickTraining


def quick_parameters(workload_name: str, dataset: Dataset) -> Mapping[str, Any] | None:
    """What identifies the quick training that comes next for this dataset; None when the full one does."""
    workload = get_workload(workload_name)
    if not isinstance(workload, QuickTraining):
        return None
    parameters = workload.quick_parameters(dataset)
    return None if parameters is None or _settled(dataset, parameters) else parameters


def full_training_due(workload_name: str, dataset: Dataset) -> bool:
    """Whether a decision was made about the quick training of this dataset, and none about the full one."""
    workload = get_workload(workload_name)
    if not isinstance(workload, QuickTraining) or (quick := workload.quick_parameters(dataset)) is None:
        return False
    return _settled(dataset, quick) and not _settled(dataset, workload.training_parameters)


def _settled(dataset: Dataset, parameters: Mapping[str, Any]) -> bool:
    """A challenger that waits for more data is not settled: the frames that come next are learnt in seconds again."""
    version = registry.find(dataset.workload, registry.fingerprint((dataset,), parameters))
    if version is None:
        return False
    query = select(Decision.id).where(
        Decision.workload == dataset.workload,
        Decision.dataset_id == dataset.id,
        Decision.challenger_version == version.version,
        Decision.kind.in_((PROMOTED, REJECTED)),
    )
    with reading() as session:
        return session.scalar(query.limit(1)) is not None
