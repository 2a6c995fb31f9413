"""The registry's alias says who serves; the decisions have to say the same, whoever moved it.

A check that was killed between moving the alias and writing its decision, or somebody with another MLflow client,
leaves a champion that no decision names. The next check writes the decision down, so that the shadow, the evidence and
the rollbacks that must last all start from who really serves.
"""

from __future__ import annotations

from loguru import logger
from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from core.catalog.engine import reading, writing
from core.catalog.tables import Dataset, Decision, Evaluation
from core.config.messages import Message, say
from core.loop.decisions import FAILED, PROMOTED, QUARANTINED, ROLLED_BACK
from core.loop.history import LOOK_BACK, champion_after
from core.loop.policy import Policy
from core.models.registry import Version

_NEEDED = (Decision.kind, Decision.champion_version, Decision.challenger_version)


def record_moved_alias(champion: Version, dataset: Dataset, policy: Policy) -> Decision | None:
    """Record who serves when the last decision names another champion or none does; None when there is no need.

    A version that had served before has come back: that is a rollback, and the version that it replaced stays out.
    Where it was measured on ``dataset``, the next to be judged, that is what an interrupted check decided by.
    """
    with reading() as session:
        if not _differs(champion, _served(session, champion.workload)):
            return None
    with writing() as session:
        served = _served(session, champion.workload)
        if not _differs(champion, served):
            return None  # another check was faster
        made = Decision(
            workload=champion.workload,
            kind=ROLLED_BACK if champion.version in served else PROMOTED,
            reason=(_reason(champion.version, served),),
            champion_version=served[0] if served else None,
            challenger_version=champion.version,
            dataset_id=dataset.id if _measured(session, champion, dataset) else None,
            details={"policy": policy.as_json()},
        )
        session.add(made)
    logger.warning("{}: version {} serves, which no decision made champion", champion.workload, champion.version)
    return made


def _served(session: Session, workload: str) -> list[int]:
    """Who served after each decision, the newest first."""
    about_models = (Decision.workload == workload, Decision.kind.not_in((FAILED, QUARANTINED)))
    query = select(Decision).where(*about_models).options(load_only(*_NEEDED))
    newest_first = session.scalars(query.order_by(Decision.id.desc()).limit(LOOK_BACK))
    return [after for one in newest_first if (after := champion_after(one)) is not None]


def _differs(champion: Version, served: list[int]) -> bool:
    """A starter model is adopted without a decision."""
    return served[0] != champion.version if served else bool(champion.dataset_sha256)


def _measured(session: Session, champion: Version, dataset: Dataset) -> bool:
    query = select(Evaluation.id).where(
        Evaluation.workload == champion.workload,
        Evaluation.version == champion.version,
        Evaluation.dataset_id == dataset.id,
    )
    return session.scalar(query.limit(1)) is not None


def _reason(version: int, served: list[int]) -> Message:
    if not served:
        return say("decision.alias_found", version=version)
    return say("decision.alias_moved", version=version, previous=served[0])
