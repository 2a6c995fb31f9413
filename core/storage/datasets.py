"""Datasets in the catalog: register, list, find, delete."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.catalog.engine import reading, writing
from core.catalog.tables import Dataset, Decision, Evaluation, Job
from core.config.messages import say
from core.storage import lake


class NoDatasetError(LookupError):
    """There is no dataset; the message says how to create one."""


class DatasetInUseError(RuntimeError):
    """The dataset cannot be deleted now."""


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
    """The newest dataset of ``workload``. Raises :class:`NoDatasetError` when there is none."""
    with reading() as session:
        query = select(Dataset).where(Dataset.workload == workload).order_by(Dataset.id.desc()).limit(1)
        found = session.scalar(query)
    if found is None:
        raise NoDatasetError(say("dataset.none"))
    return found


def after(workload: str, dataset_id: int) -> Dataset | None:
    """The oldest dataset of ``workload`` that is newer than ``dataset_id``; None when there is none."""
    query = select(Dataset).where(Dataset.workload == workload, Dataset.id > dataset_id).order_by(Dataset.id).limit(1)
    with reading() as session:
        return session.scalar(query)


def get(dataset_id: int) -> Dataset | None:
    with reading() as session:
        return session.get(Dataset, dataset_id)


def by_sha256(sha256: str) -> Dataset | None:
    with reading() as session:
        return session.scalar(select(Dataset).where(Dataset.sha256 == sha256))


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
    # After the commit: an orphaned file is removed by doctor, a row without a file would break pages.
    lake.delete(path)
