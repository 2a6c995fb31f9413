"""Datasets in the catalog: register, list, find, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.catalog.engine import reading, writing
from core.catalog.tables import Dataset, Decision, Evaluation, Job, utcnow
from core.config.messages import say
from core.storage import lake

UNVALIDATED, VALID, QUARANTINED, ACCEPTED = "unvalidated", "valid", "quarantined", "accepted"
"""Status of a dataset: not checked against the data contract yet; keeps it; breaks it; breaks it and a person accepted
that."""

REASON_MAX = 500
"""Characters of the reason for accepting a dataset."""


class NoDatasetError(LookupError):
    """There is no dataset; the message says how to create one."""


class DatasetInUseError(RuntimeError):
    """The dataset cannot be deleted now."""


class NotQuarantinedError(RuntimeError):
    """Only a quarantined dataset can be accepted."""


class ReasonMissingError(ValueError):
    """Accepting a dataset needs a reason; the message says so."""


def register(stored: lake.StoredFile, workload: str, parameters: dict[str, Any], actor: Actor) -> Dataset:
    """Register a stored file in the catalog. Registering the same content twice gives the same row."""
    require(actor, Role.EDITOR)
    with writing() as session:
        existing = session.scalar(select(Dataset).where(Dataset.sha256 == stored.sha256))
        if existing is not None:
            return existing
        dataset = Dataset(
            id=_new_id(session),
            workload=workload,
            sha256=stored.sha256,
            path=stored.path,
            rows=stored.rows,
            bytes=stored.bytes,
            parameters=parameters,
            created_by=actor.username,
        )
        session.add(dataset)
        session.flush()
        audit.record_event(actor, "dataset.create", f"dataset {dataset.id}", rows=dataset.rows, session=session)
        return dataset


def _new_id(session: Session) -> int | None:
    """An id that no dataset ever had that a decision or an evaluation names: SQLite would give the id of a deleted
    dataset to the next one. None where the database counts by itself."""
    if session.get_bind().dialect.name != "sqlite":
        return None
    used = (Dataset.id, Evaluation.dataset_id, Decision.dataset_id)
    return 1 + max(session.scalar(select(func.max(column))) or 0 for column in used)


def latest(workload: str) -> Dataset:
    """The newest dataset of ``workload`` that is not quarantined. Raises :class:`NoDatasetError` when there is none."""
    found = _newest(workload, Dataset.status != QUARANTINED, 1)
    if found:
        return found[0]
    if held := newest(workload):
        raise NoDatasetError(say("dataset.all_quarantined", dataset=held.id))
    raise NoDatasetError(say("dataset.none"))


def newest(workload: str) -> Dataset | None:
    """The newest dataset of ``workload``, quarantined or not."""
    return next(iter(_newest(workload, Dataset.workload == workload, 1)), None)


def good(workload: str, *, before: int, limit: int) -> list[Dataset]:
    """Datasets older than the one numbered ``before`` that keep the data contract or were accepted, newest first."""
    return _newest(workload, Dataset.status.in_((VALID, ACCEPTED)) & (Dataset.id < before), limit)


def unvalidated(workload: str) -> list[Dataset]:
    """Datasets that were not checked against the data contract yet, oldest first."""
    return _newest(workload, Dataset.status == UNVALIDATED, None)[::-1]


def _newest(workload: str, condition: Any, limit: int | None) -> list[Dataset]:
    query = select(Dataset).where(Dataset.workload == workload, condition).order_by(Dataset.id.desc()).limit(limit)
    with reading() as session:
        return list(session.scalars(query))


def settle(session: Session, dataset_id: int, findings: Sequence[dict[str, Any]]) -> bool:
    """Note what the data contract said; False when another process did so before, or the dataset is gone."""
    query = update(Dataset).where(Dataset.id == dataset_id, Dataset.status == UNVALIDATED)
    noted = session.execute(
        query.values(status=QUARANTINED if findings else VALID, findings=list(findings)).returning(Dataset.id)
    )
    return noted.first() is not None


def accept(actor: Actor, dataset_id: int, reason: str) -> Dataset:
    """Take a dataset out of quarantine.

    Raises ``ForbiddenError``, :class:`ReasonMissingError`, ``LookupError`` when it is gone, and
    :class:`NotQuarantinedError`.
    """
    require(actor, Role.EDITOR)
    why = reason.strip()
    if not why or len(why) > REASON_MAX:
        raise ReasonMissingError(say("dataset.reason", most=REASON_MAX))
    with writing() as session:
        dataset = session.get(Dataset, dataset_id)
        if dataset is None:
            raise LookupError(say("dataset.gone", dataset=dataset_id))
        taken = update(Dataset).where(Dataset.id == dataset_id, Dataset.status == QUARANTINED).returning(Dataset.id)
        noted = {"accepted_by": actor.username, "accepted_at": utcnow(), "accepted_reason": why}
        if session.execute(taken.values(status=ACCEPTED, **noted)).first() is None:
            raise NotQuarantinedError(say("dataset.not_quarantined", dataset=dataset_id))
        audit.record_event(actor, "dataset.accept", f"dataset {dataset_id}", reason=why, session=session)
        session.refresh(dataset)
    return dataset


def get(dataset_id: int) -> Dataset | None:
    with reading() as session:
        return session.get(Dataset, dataset_id)


def by_sha256(sha256: str) -> Dataset | None:
    with reading() as session:
        return session.scalar(select(Dataset).where(Dataset.sha256 == sha256))


def ids(workload: str) -> frozenset[int]:
    """Of all datasets of the workload."""
    with reading() as session:
        return frozenset(session.scalars(select(Dataset.id).where(Dataset.workload == workload)))


def listed(workload: str | None = None, limit: int = 200) -> list[Dataset]:
    """Datasets, newest first."""
    query = select(Dataset).order_by(Dataset.id.desc()).limit(limit)
    if workload:
        query = query.where(Dataset.workload == workload)
    with reading() as session:
        return list(session.scalars(query))


def delete(actor: Actor, dataset_id: int) -> None:
    """Delete a dataset and its file.

    Raises :class:`DatasetInUseError` while a run of its workload is in progress, ``LookupError`` when it
    is already gone.
    """
    require(actor, Role.EDITOR)
    with writing() as session:
        dataset = session.get(Dataset, dataset_id)
        if dataset is None:
            raise LookupError(say("dataset.gone", dataset=dataset_id))
        busy = select(Job.id).where(Job.workload == dataset.workload, Job.finished_at.is_(None)).limit(1)
        if session.scalar(busy) is not None:
            raise DatasetInUseError(say("dataset.in_use"))
        path = dataset.path
        session.delete(dataset)
        audit.record_event(actor, "dataset.delete", f"dataset {dataset_id}", session=session)
    # After the commit: an orphaned file is set aside by doctor, a row without a file would break pages.
    lake.delete(path)
