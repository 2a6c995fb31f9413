"""What the loop decided so far, and the decisions that people make by hand."""

from __future__ import annotations

from sqlalchemy import select

from core import loop, registry
from core.auth.roles import Actor
from core.catalog.engine import reading, writing
from core.catalog.tables import Decision, Evaluation


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


def promote_by_hand(actor: Actor, workload: str, version: int) -> None:
    """An admin promotes a version; the timeline shows it. Raises what :func:`core.registry.promote` raises."""
    old = registry.champion(workload)
    made = registry.promote(actor, workload, version)
    _by_hand(actor, made, loop.PROMOTED, old.version if old else None)


def roll_back_by_hand(actor: Actor, workload: str) -> None:
    """An admin brings the previous champion back. Raises what :func:`core.registry.roll_back` raises."""
    old = registry.champion(workload)
    made = registry.roll_back(actor, workload)
    _by_hand(actor, made, loop.ROLLED_BACK, old.version if old else None)


def _by_hand(actor: Actor, made: registry.Version, kind: str, old: int | None) -> None:
    with writing() as session:
        session.add(
            Decision(
                workload=made.workload,
                kind=kind,
                reason=f"{actor.username} made version {made.version} the champion.",
                champion_version=old,
                challenger_version=made.version,
            )
        )


def failed(workload: str, reason: str, flow_run_id: str | None) -> None:
    """Put a failure on the timeline, once per flow run."""
    if flow_run_id is not None and of_flow_run(flow_run_id) is not None:
        return
    with writing() as session:
        session.add(Decision(workload=workload, kind=loop.FAILED, reason=reason, flow_run_id=flow_run_id))
