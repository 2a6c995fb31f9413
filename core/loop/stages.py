"""Two trainings of one dataset: one of seconds, then the full one of minutes.

A person who captured frames sees the result of the first at once. The check that follows trains fully, and that model
has to beat the first. It tries once: after any other decision, a failure or a cancellation the loop goes on as usual.
Workloads without a training of seconds have the full one only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from core.catalog.engine import reading
from core.catalog.tables import Dataset, Decision, Job
from core.loop.decisions import PROMOTED, QUARANTINED, REJECTED
from core.models import registry
from core.models.registry import Version
from core.workloads import get_workload
from core.workloads.base import QuickTraining

_CANCELLED = "cancelled"


def quick_parameters(workload_name: str, dataset: Dataset) -> Mapping[str, Any] | None:
    """What identifies the quick training that comes next for this dataset; None when the full one does: no decision
    names the result of the quick one yet, nor does it serve."""
    workload = get_workload(workload_name)
    if not isinstance(workload, QuickTraining):
        return None
    parameters = workload.quick_parameters(dataset)
    if parameters is None:
        return None
    version = registry.find(workload_name, registry.fingerprint((dataset,), parameters))
    if version is None:
        return parameters
    champion = registry.champion(workload_name)
    serves = champion is not None and champion.version == version.version
    return None if serves or _named(dataset, version.version) else parameters


def full_training_due(workload_name: str, dataset: Dataset) -> bool:
    """Whether the last that was decided is about the quick training of this dataset."""
    decided = _decided_on(workload_name, dataset)
    return decided is not None and _is_quick(decided, dataset)


def more_to_learn(workload_name: str, dataset: Dataset) -> bool:
    """Whether this dataset, though judged, may still be learnt from: its full training is due, or what it decided on
    was a challenger that had waited for it, trained on earlier data."""
    decided = _decided_on(workload_name, dataset)
    return decided is not None and (dataset.id not in decided.trained_on or _is_quick(decided, dataset))


def _decided_on(workload_name: str, dataset: Dataset) -> Version | None:
    """The challenger that was promoted or rejected on this dataset, when nothing was decided or cancelled since."""
    if not isinstance(get_workload(workload_name), QuickTraining):
        return None
    last = _last(workload_name)
    if last is None or last.dataset_id != dataset.id or last.challenger_version is None:
        return None
    if last.kind not in {PROMOTED, REJECTED} or _cancelled_since(last):
        return None
    return registry.get_version(workload_name, last.challenger_version)


def _is_quick(version: Version, dataset: Dataset) -> bool:
    workload = get_workload(version.workload)
    quick = workload.quick_parameters(dataset) if isinstance(workload, QuickTraining) else None
    return quick is not None and version.fingerprint == registry.fingerprint((dataset,), quick)


def _last(workload_name: str) -> Decision | None:
    query = select(Decision).where(Decision.workload == workload_name, Decision.kind != QUARANTINED)
    with reading() as session:
        return session.scalar(query.order_by(Decision.id.desc()).limit(1))


def _cancelled_since(decision: Decision) -> bool:
    """A person who cancelled the check does not want it again in five minutes."""
    query = select(Job.id).where(
        Job.workload == decision.workload, Job.state == _CANCELLED, Job.finished_at > decision.at
    )
    with reading() as session:
        return session.scalar(query.limit(1)) is not None


def _named(dataset: Dataset, version: int) -> bool:
    query = select(Decision.id).where(Decision.dataset_id == dataset.id, Decision.challenger_version == version)
    with reading() as session:
        return session.scalar(query.limit(1)) is not None
