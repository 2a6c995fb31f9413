"""Decisions of the loop, and manual promotions and rollbacks."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import select

from core.auth.roles import Actor
from core.catalog.engine import reading, writing
from core.catalog.tables import Decision, Evaluation
from core.config.messages import Message, Messages, as_messages, say
from core.loop.loop_run import LoopRun
from core.models import promotion, registry
from core.workloads.base import Comparison, Scores

KEPT, PROMOTED, REJECTED, ROLLED_BACK, FAILED = "kept", "promoted", "rejected", "rolled-back", "failed"
PENDING = "pending"
"""A challenger is trained and waits for data that it has not seen."""
QUARANTINED = "quarantined"
"""Not a decision on a model: a dataset was set aside."""


def record(
    run: LoopRun,
    kind: str,
    reason: Message | Messages,
    scores: Scores | None,
    challenger: registry.Version | None = None,
    comparison: Comparison | None = None,
) -> Decision:
    """Write a decision, with the figures a result card needs, and return it."""
    details = {
        "champion": _figures(run.scores),
        "challenger": {**(_figures(scores) or {}), "training_s": challenger.training_s} if challenger else None,
        "comparison": _comparison(comparison),
        "drift": asdict(run.gate.drift) if run.gate.drift else None,
        "evidence": comparison.evidence.as_json() if comparison and comparison.evidence else None,
        "shadow": run.shadow.evidence.as_json() if run.shadow else None,
        "policy": run.policy.as_json(),
        "feedback": asdict(run.gate.feedback) if run.gate.feedback else None,
    }
    decision = Decision(
        workload=run.workload,
        kind=kind,
        reason=as_messages(reason) + run.held,
        drift=run.gate.drifted,
        metric=scores.value if scores else None,
        champion_version=run.champion.version if run.champion else None,
        challenger_version=challenger.version if challenger else None,
        dataset_id=run.dataset.id,
        flow_run_id=run.flow_run_id,
        details=details,
    )
    with writing() as session:
        session.add(decision)
    return decision


def _figures(scores: Scores | None) -> dict[str, object] | None:
    if scores is None:
        return None
    return {"value": scores.value, "ci": [scores.ci_low, scores.ci_high], "samples": scores.samples, **scores.details}


def _comparison(comparison: Comparison | None) -> dict[str, object] | None:
    """Without the evidence, which is kept beside it."""
    if comparison is None:
        return None
    return {name: value for name, value in asdict(comparison).items() if name != "evidence"}


def latest(workload: str | None = None, limit: int = 100) -> list[Decision]:
    """Decisions, newest first."""
    query = select(Decision).order_by(Decision.id.desc()).limit(limit)
    if workload:
        query = query.where(Decision.workload == workload)
    with reading() as session:
        return list(session.scalars(query))


def of_flow_run(flow_run_id: str) -> Decision | None:
    """The decision a flow run came to, if it came to one."""
    with reading() as session:
        return session.scalar(select(Decision).where(Decision.flow_run_id == flow_run_id))


def evaluations(workload: str, limit: int = 200) -> list[Evaluation]:
    """Measurements of any version of the workload, newest first."""
    query = select(Evaluation).where(Evaluation.workload == workload).order_by(Evaluation.id.desc()).limit(limit)
    with reading() as session:
        return list(session.scalars(query))


def promote_by_hand(actor: Actor, workload: str, version: int, why: str = "") -> None:
    """An admin promotes a version; the timeline and the audit log keep the reason ``why``.

    Raises what :func:`core.models.promotion.promote` raises.
    """
    old, why = registry.champion(workload), why.strip()
    made = promotion.promote(actor, workload, version, why)
    _by_hand(actor, made, PROMOTED, old.version if old else None, why)


def roll_back_by_hand(actor: Actor, workload: str, why: str = "") -> None:
    """An admin brings the previous champion back; the timeline and the audit log keep the reason ``why``.

    Raises what :func:`core.models.promotion.roll_back` raises.
    """
    old, why = registry.champion(workload), why.strip()
    made = promotion.roll_back(actor, workload, why)
    _by_hand(actor, made, ROLLED_BACK, old.version if old else None, why)


def _by_hand(actor: Actor, made: registry.Version, kind: str, old: int | None, why: str) -> None:
    user, version = actor.username, made.version
    without = say("decision.by_hand", user=user, version=version)
    reason = say("decision.by_hand_because", user=user, version=version, why=why) if why else without
    with writing() as session:
        session.add(
            Decision(
                workload=made.workload,
                kind=kind,
                reason=(reason,),
                champion_version=old,
                challenger_version=made.version,
            )
        )


def failed(workload: str, reason: Message | Messages, flow_run_id: str | None) -> None:
    """Put a failure on the timeline, once per flow run."""
    if flow_run_id is not None and of_flow_run(flow_run_id) is not None:
        return
    with writing() as session:
        session.add(Decision(workload=workload, kind=FAILED, reason=as_messages(reason), flow_run_id=flow_run_id))
