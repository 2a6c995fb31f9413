"""What the loop knows from earlier turns: it is all in the decisions and evaluations of the catalog."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from core.catalog.engine import reading
from core.catalog.tables import Dataset, Decision, Evaluation
from core.loop.alarm import Loss
from core.loop.decisions import PENDING, PROMOTED, REJECTED, ROLLED_BACK, latest
from core.loop.loop_run import Challenge
from core.loop.policy import Policy
from core.models.registry import Version
from core.workloads.base import Evidence

_CHANGES = (PROMOTED, ROLLED_BACK)
_LOOK_BACK = 400


def judged(dataset: Dataset, champion: Version, policy: Policy) -> Decision | None:
    """The decision about this dataset after which this champion served, made under the same policy; None when the pair
    has not been judged."""
    with reading() as session:
        query = select(Decision).where(Decision.workload == dataset.workload, Decision.dataset_id == dataset.id)
        found = session.scalar(query.order_by(Decision.id.desc()).limit(1))
    if found is None or found.kind == ROLLED_BACK or _champion_after(found) != champion.version:
        return None
    return found if (found.details or {}).get("policy") == policy.as_json() else None


def last_judged(workload: str) -> int | None:
    """The newest dataset that a decision is about; None before the first."""
    with reading() as session:
        return session.scalar(select(func.max(Decision.dataset_id)).where(Decision.workload == workload))


def rolled_back(workload: str) -> frozenset[int]:
    """Versions that a rollback replaced and nobody promoted since: the loop does not promote them again."""
    bad: set[int] = set()
    with reading() as session:
        changes = session.scalars(
            select(Decision).where(Decision.workload == workload, Decision.kind.in_(_CHANGES)).order_by(Decision.id)
        )
        for one in changes:
            if one.kind == ROLLED_BACK and one.champion_version is not None:
                bad.add(one.champion_version)
            if one.challenger_version is not None:
                bad.discard(one.challenger_version)
    return frozenset(bad)


def challenge(workload: str, champion: Version) -> Challenge | None:
    """The challenger that waits for data, and the evidence since the alarm; None when none waits."""
    open_ = []
    for one in latest(workload, _LOOK_BACK):
        if one.kind != PENDING or one.champion_version != champion.version:
            break
        open_.append(one)
    if not open_ or open_[0].challenger_version is None:
        return None
    compared = [stored for one in open_ if (stored := (one.details or {}).get("evidence"))]
    evidence = sum((Evidence.from_json(stored) for stored in compared), Evidence())
    return Challenge(open_[0].challenger_version, evidence, len(compared))


def shadow_evidence(workload: str, champion: Version) -> Evidence:
    """What the datasets since the promotion say about the previous champion being better."""
    total = Evidence()
    for one in latest(workload, _LOOK_BACK):
        if one.kind in _CHANGES or _champion_after(one) not in {champion.version, None}:
            break
        total += Evidence.from_json((one.details or {}).get("shadow"))
    return total


def losses(workload: str, champion: Version) -> Sequence[Loss]:
    """The champion's losses per dataset, oldest first, since it was promoted or last defended its place.

    A challenger that was rejected shows that the loss is no fault of the champion's: that level is the new normal.
    """
    since = _defended(workload, champion)
    with reading() as session:
        rows = session.scalars(
            select(Evaluation)
            .where(Evaluation.workload == workload, Evaluation.version == champion.version)
            .where(Evaluation.dataset_id >= since)
            .order_by(Evaluation.dataset_id)
        )
        found = {row.dataset_id: row.details.get("loss") for row in rows}
    return [Loss(int(one["samples"]), one["mean"], one["variance"]) for one in found.values() if one]


def _defended(workload: str, champion: Version) -> int:
    for one in latest(workload, _LOOK_BACK):
        if one.kind == REJECTED and one.champion_version == champion.version and one.dataset_id:
            return one.dataset_id
    return 0


def _champion_after(decision: Decision) -> int | None:
    return decision.challenger_version if decision.kind in _CHANGES else decision.champion_version
