"""What the loop knows from earlier turns: it is all in the decisions and evaluations of the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from sqlalchemy import func, select

from core.catalog.engine import reading
from core.catalog.tables import Dataset, Decision, Evaluation
from core.loop.alarm import LOSS, REFIT, Loss
from core.loop.decisions import FAILED, PENDING, PROMOTED, QUARANTINED, REJECTED, ROLLED_BACK, latest
from core.loop.loop_run import Challenge
from core.loop.policy import Policy
from core.models import registry
from core.models.registry import Version
from core.storage import datasets
from core.workloads import get_workload
from core.workloads.base import Evidence

_CHANGES = (PROMOTED, ROLLED_BACK)
_ABOUT_NO_MODEL = (FAILED, QUARANTINED)
LOOK_BACK = 400


def judged(dataset: Dataset, champion: Version, policy: Policy) -> Decision | None:
    """The decision about this dataset after which this champion served, made under the same policy; None when the pair
    has not been judged."""
    with reading() as session:
        query = select(Decision).where(
            Decision.workload == dataset.workload,
            Decision.dataset_id == dataset.id,
            Decision.kind.not_in(_ABOUT_NO_MODEL),
        )
        found = session.scalar(query.order_by(Decision.id.desc()).limit(1))
    if found is None or found.kind == ROLLED_BACK or champion_after(found) != champion.version:
        return None
    return found if (found.details or {}).get("policy") == policy.as_json() else None


def unjudged(workload: str) -> Dataset | None:
    """The oldest usable dataset on which no model was judged yet: one that is newer than the last on which one was, or
    that was accepted late. None where there is none, and before the first judgement. Of cumulative datasets the newest,
    which has all that is in the others."""
    judgements = select(Decision.dataset_id).where(
        Decision.workload == workload, Decision.kind.not_in(_ABOUT_NO_MODEL), Decision.dataset_id.is_not(None)
    )
    last = judgements.with_only_columns(func.max(Decision.dataset_id)).scalar_subquery()
    usable = select(Dataset).where(Dataset.workload == workload, Dataset.status != datasets.QUARANTINED)
    if get_workload(workload).cumulative:
        waiting = usable.where(Dataset.id > last).order_by(Dataset.id.desc())
    else:
        late = (Dataset.status == datasets.ACCEPTED) & last.is_not(None) & Dataset.id.not_in(judgements)
        waiting = usable.where((Dataset.id > last) | late).order_by(Dataset.id)
    with reading() as session:
        return session.scalar(waiting.limit(1))


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


def challenge(workload: str, champion: Version, but: int | None = None) -> Challenge | None:
    """The challenger that waits for data, and the evidence since the alarm but that of the dataset ``but``; None when
    none waits. Where datasets are cumulative a deleted one is no evidence any more: its samples are in the next."""
    open_ = _open(latest(workload, LOOK_BACK), champion.version)
    if not open_ or open_[0].challenger_version is None:
        return None
    waiting = open_[0].challenger_version
    if get_workload(workload).cumulative:
        there = datasets.ids(workload)
        open_ = [one for one in open_ if one.dataset_id in there]
    evidence, compared = _added_up(open_, "evidence", but)
    return Challenge(waiting, evidence, tuple(one for one in compared if one is not None))


def evidence_until(decision: Decision) -> tuple[Evidence, int]:
    """What the datasets since the alarm, up to this decision, say about challengers of its champion; how many there
    were."""
    waited = _open(_before(decision), decision.champion_version)
    found, compared = _added_up([decision, *waited], "evidence")
    return found, len(compared)


def shadow_until(decision: Decision) -> tuple[Evidence, int]:
    """What the datasets since the promotion, up to this decision, say about the previous champion; how many."""
    served = _serving(_before(decision), decision.champion_version)
    found, compared = _added_up([decision, *served], "shadow")
    return found, len(compared)


def shadow_evidence(workload: str, champion: Version, but: int) -> Evidence:
    """What the datasets since the promotion, but the one numbered ``but``, say about the previous champion being
    better."""
    return _added_up(_serving(latest(workload, LOOK_BACK), champion.version), "shadow", but)[0]


def _open(newest_first: Sequence[Decision], champion: int | None) -> list[Decision]:
    """Those that left a challenger of this champion waiting. A check that failed decided nothing, and a quarantine is
    about no model."""
    made = (one for one in newest_first if one.kind not in _ABOUT_NO_MODEL)
    return list(takewhile(lambda one: one.kind == PENDING and one.champion_version == champion, made))


def _serving(newest_first: Sequence[Decision], champion: int | None) -> list[Decision]:
    """Those since this champion was promoted."""
    same = {champion, None}
    return list(takewhile(lambda one: one.kind not in _CHANGES and champion_after(one) in same, newest_first))


def _before(decision: Decision) -> list[Decision]:
    query = select(Decision).where(Decision.workload == decision.workload, Decision.id < decision.id)
    with reading() as session:
        return list(session.scalars(query.order_by(Decision.id.desc()).limit(LOOK_BACK)))


def _added_up(
    newest_first: Sequence[Decision], name: str, but: int | None = None
) -> tuple[Evidence, tuple[int | None, ...]]:
    """Each dataset once: a check that a user forces compares on the same rows again, which is no new evidence. One
    without a new sample was no comparison."""
    compared: dict[int | None, Evidence] = {}
    for one in newest_first:
        if (but is None or one.dataset_id != but) and (stored := (one.details or {}).get(name)):
            found = Evidence.from_json(stored)
            if found.samples:
                compared.setdefault(one.dataset_id, found)
    return sum(compared.values(), Evidence()), tuple(compared)


def losses(workload: str, champion: Version) -> Sequence[Loss]:
    """The champion's losses per dataset, oldest first, since it was promoted or last defended its place.

    A challenger that was rejected shows that the loss is no fault of the champion's: that level is the new normal.
    """
    return list(_measured(workload, champion, LOSS, _defended(workload, champion)).values())


def refit_gains(workload: str, champion: Version) -> tuple[Loss | None, Sequence[Loss]]:
    """By how much a model fitted to each dataset would have been better, oldest first, since the champion was promoted
    or last defended its place; and before them what it was then, None before it ever had to."""
    since = _defended(workload, champion)
    found = _measured(workload, champion, REFIT, since)
    usual = found.pop(since, None)
    return usual, list(found.values())


def last_learnt(champion: Version) -> Dataset | None:
    """The newest dataset that the champion, or a challenger that was compared with it, was trained on; None for a
    starter that nothing was compared with yet, and where it was deleted."""
    tried = (one.challenger_version for one in latest(champion.workload, LOOK_BACK) if _challenged(one, champion))
    newest = next((number for number in tried if number is not None), None)
    known = {*champion.trained_on}
    if newest is not None:
        known |= {*registry.get_version(champion.workload, newest).trained_on}
    return datasets.get(max(known)) if known else None


def _challenged(decision: Decision, champion: Version) -> bool:
    return decision.champion_version == champion.version and decision.kind in {REJECTED, PENDING}


def _measured(workload: str, champion: Version, name: str, since: int) -> dict[int, Loss]:
    with reading() as session:
        rows = session.scalars(
            select(Evaluation)
            .where(Evaluation.workload == workload, Evaluation.version == champion.version)
            .where(Evaluation.dataset_id >= since)
            .order_by(Evaluation.dataset_id)
        )
        found = {row.dataset_id: stored for row in rows if (stored := row.details.get(name))}
    return {dataset: Loss(int(one["samples"]), one["mean"], one["variance"]) for dataset, one in found.items()}


def _defended(workload: str, champion: Version) -> int:
    for one in latest(workload, LOOK_BACK):
        if one.kind == REJECTED and one.champion_version == champion.version and one.dataset_id:
            return one.dataset_id
    return 0


def champion_after(decision: Decision) -> int | None:
    """Who served after a decision; None where it is about no model."""
    return decision.challenger_version if decision.kind in _CHANGES else decision.champion_version
