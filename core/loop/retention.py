"""Removes what is old from the catalog, and nothing that the loop or the champion's evidence needs.

Kept whatever its age: changes of champion (a rollback must last), everything about versions with an alias, the newest
decisions (the loop looks that far back), decisions about accepted datasets (they would be judged again), and the newest
dataset's (ids of datasets are never given twice). The audit log is not touched.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.catalog.engine import CatalogUnavailableError, writing
from core.catalog.tables import Dataset, Decision, Evaluation, utcnow
from core.config.settings import get_settings
from core.loop.decisions import PROMOTED, ROLLED_BACK
from core.loop.history import LOOK_BACK
from core.models import registry
from core.models.figure_retention import remove_figures
from core.storage.datasets import ACCEPTED

_CHANGES = (PROMOTED, ROLLED_BACK)
_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pruned:
    """Number of decisions, of evaluations, and of versions whose figures were removed."""

    decisions: int = 0
    evaluations: int = 0
    figures: int = 0


def prune_daily(workload: str, now: datetime | None = None) -> Pruned:
    """Prune unless that was done in the last day; nothing while the registry is away, because it knows the champion."""
    now = now or utcnow()
    days = get_settings().retention_days
    mark = get_settings().run_dir / f"pruned-{workload}"
    if not days or not registry.store_exists() or _fresh(mark.stat().st_mtime if mark.exists() else 0.0, now):
        return Pruned()
    try:
        found = prune(workload, now - timedelta(days=days))
    except (registry.RegistryError, CatalogUnavailableError) as error:
        logger.warning("Nothing is pruned: {}", error)
        return Pruned()
    with suppress(OSError):  # a full disk: what is pruned already is looked for again
        mark.touch()
    if found != Pruned():
        logger.info("Pruned what is older than {} days: {}", days, found)
    return found


def _fresh(stamp: float, now: datetime) -> bool:
    """A clock that was set back is no reason to wait."""
    return 0 <= now.timestamp() - stamp < _EVERY.total_seconds()


def prune(workload: str, before: datetime) -> Pruned:
    """Remove what is older than ``before``. Raises :class:`core.models.registry.RegistryError` and
    :class:`core.catalog.engine.CatalogUnavailableError`.
    """
    held = {one.version for one in registry.versions(workload, 1000) if one.aliases}
    figures = remove_figures(workload, before)
    with writing() as session:
        decided = _decisions(session, workload, before, held)
        return Pruned(decided, _evaluations(session, workload, before, held), figures)


def _decisions(session: Session, workload: str, before: datetime, held: Collection[int]) -> int:
    of_it = select(Decision.id).where(Decision.workload == workload)
    newest = of_it.order_by(Decision.id.desc()).limit(LOOK_BACK)
    last = select(func.max(Decision.dataset_id)).where(Decision.workload == workload).scalar_subquery()
    accepted = select(Dataset.id).where(Dataset.workload == workload, Dataset.status == ACCEPTED)
    query = (
        of_it.where(Decision.at < before, Decision.kind.not_in(_CHANGES), Decision.id.not_in(newest))
        .where(or_(Decision.dataset_id.is_(None), (Decision.dataset_id < last) & Decision.dataset_id.not_in(accepted)))
        .where(_not_about(Decision.champion_version, held), _not_about(Decision.challenger_version, held))
    )
    return _delete(session, Decision, session.scalars(query).all())


def _evaluations(session: Session, workload: str, before: datetime, held: Collection[int]) -> int:
    last = select(func.max(Evaluation.dataset_id)).where(Evaluation.workload == workload).scalar_subquery()
    query = select(Evaluation.id).where(
        Evaluation.workload == workload,
        Evaluation.at < before,
        Evaluation.dataset_id < last,
        Evaluation.version.not_in(held),
    )
    return _delete(session, Evaluation, session.scalars(query).all())


def _not_about(column: InstrumentedAttribute[int | None], held: Collection[int]) -> ColumnElement[bool]:
    return or_(column.is_(None), column.not_in(held))


def _delete(session: Session, table: type[Decision] | type[Evaluation], ids: Collection[int]) -> int:
    chosen = list(ids)
    for start in range(0, len(chosen), LOOK_BACK):  # a statement takes only so many parameters
        session.execute(delete(table).where(table.id.in_(chosen[start : start + LOOK_BACK])))
    return len(chosen)
