"""The champion of each workload, from the catalog alone.

Querying MLflow would cost the process that shows the first page 120 MB and two seconds. The loop records the champion
with every decision, so the catalog has it: immediately after a promotion or rollback, and after the next check when the
alias was moved in MLflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.catalog.engine import reading
from core.catalog.tables import Decision, Evaluation, Pin
from core.config.messages import Messages, messages_from_json
from core.loop.decisions import FAILED, PENDING, PROMOTED, QUARANTINED, ROLLED_BACK
from core.loop.history import champion_after
from core.models import pins
from core.workloads import get_workload

_LOOK_BACK = 200
_NOT_COMPARED = {"drift.starter", "drift.reference_deleted"}
_TREND = 30


@dataclass(frozen=True, slots=True)
class ChampionStatus:
    """The state of a workload. Without a champion ``version`` and its related fields are None.

    ``drift`` is None while nothing was compared since the promotion. ``trend`` holds the champion's last values, oldest
    first.
    """

    workload: str
    title: str
    metric: str
    threshold: float
    version: int | None = None
    promoted_at: datetime | None = None
    dataset_id: int | None = None
    value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    measured_at: datetime | None = None
    measured_on: int | None = None
    drift: bool | None = None
    drift_summary: Messages = ()
    trend: tuple[float, ...] = ()
    waiting: int | None = None
    """The challenger that waits for a dataset that it has not seen."""
    pin: Pin | None = None

    @property
    def under_threshold(self) -> bool:
        return self.value is not None and self.value < self.threshold


def champion_status(workload_name: str) -> ChampionStatus:
    """The current state of ``workload_name``. Raises ``CatalogUnavailableError``."""
    workload = get_workload(workload_name)
    bare = (workload_name, workload.title, workload.metric, workload.threshold)
    decisions = _decisions(workload_name)
    version = next((found for one in decisions if (found := champion_after(one)) is not None), None)
    if version is None:
        return ChampionStatus(*bare)
    measured = _evaluations(workload_name, version)
    newest = measured[0] if measured else None
    crowned = _crowning(decisions, version)
    drift = _drift_since(decisions, version)
    return ChampionStatus(
        *bare,
        version=version,
        promoted_at=crowned.at if crowned else None,
        dataset_id=_trained_on(decisions, version),
        value=newest.value if newest else None,
        ci_low=newest.ci_low if newest else None,
        ci_high=newest.ci_high if newest else None,
        measured_at=newest.at if newest else None,
        measured_on=newest.dataset_id if newest else None,
        drift=drift[0] if drift else None,
        drift_summary=drift[1] if drift else (),
        trend=tuple(one.value for one in reversed(measured)),
        waiting=_waiting(decisions),
        pin=pins.active(workload_name),
    )


def _decisions(workload: str) -> list[Decision]:
    """The newest decisions and, however old, every change of champion; newest first."""
    changes = Decision.kind.in_([PROMOTED, ROLLED_BACK])
    query = select(Decision).where(Decision.workload == workload).order_by(Decision.id.desc())
    with reading() as session:
        found = {one.id: one for one in session.scalars(query.limit(_LOOK_BACK))}
        found |= {one.id: one for one in session.scalars(query.where(changes).limit(_LOOK_BACK))}
    return sorted(found.values(), key=lambda one: -one.id)


def _evaluations(workload: str, version: int) -> list[Evaluation]:
    query = (
        select(Evaluation)
        .where(Evaluation.workload == workload, Evaluation.version == version)
        .order_by(Evaluation.id.desc())
        .limit(_TREND)
    )
    with reading() as session:
        return list(session.scalars(query))


def _waiting(decisions: list[Decision]) -> int | None:
    newest = next((one for one in decisions if one.kind != FAILED), None)
    return newest.challenger_version if newest is not None and newest.kind == PENDING else None


def _crowning(decisions: list[Decision], version: int) -> Decision | None:
    changes = (one for one in decisions if one.kind in {PROMOTED, ROLLED_BACK})
    return next((one for one in changes if one.challenger_version == version), None)


def _trained_on(decisions: list[Decision], version: int) -> int | None:
    """The decision that names a challenger first is about the dataset that it was trained on."""
    named = (one.dataset_id for one in reversed(decisions) if one.challenger_version == version and one.dataset_id)
    return next(named, None)


def _drift_since(decisions: list[Decision], version: int) -> tuple[bool | None, Messages] | None:
    """The newest drift test against this champion's training data, and what it says; None and why where there was
    nothing to compare with."""
    for one in decisions:
        found = (one.details or {}).get("drift")
        if found and one.champion_version == version:
            summary = messages_from_json(found["summary"])
            compared = not _NOT_COMPARED & {message.code for message in summary}
            return (bool(found["found"]) if compared else None), summary
        if champion_after(one) != version and one.kind not in {FAILED, QUARANTINED}:
            return None
    return None
