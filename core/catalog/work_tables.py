"""The catalog's tables for work items and workers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.catalog.message_column import MessagesColumn
from core.catalog.tables import Base, utcnow
from core.config.messages import Messages


class WorkItem(Base):
    """One heavy step of a job, executed by the worker that holds its lease.

    ``state``: waiting, running, done, failed or cancelled. ``lease_owner`` is a new random value for each claim: only
    its owner may write. ``attempts`` counts the claims. ``learning`` has the curves of a training, and
    ``stop_asked_by`` the user who requested early stopping. ``result`` and ``error`` are for the waiting flow.
    """

    __tablename__ = "work_items"
    __table_args__ = (Index("ix_work_items_queue", "queue", "state"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    queue: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None]
    worker: Mapped[str] = mapped_column(String(128), default="")
    progress: Mapped[float] = mapped_column(Float, default=0.0)
    message: Mapped[Messages] = mapped_column(MessagesColumn, default=())
    learning: Mapped[dict[str, Any]] = mapped_column(default=dict)
    stop_asked_by: Mapped[str | None] = mapped_column(String(64))
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Worker(Base):
    """A process that executes work items, with its last heartbeat."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    host: Mapped[str] = mapped_column(String(128))
    pid: Mapped[int]
    queues: Mapped[list[Any]] = mapped_column(default=list)
    concurrency: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime] = mapped_column(default=utcnow)
    seen_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
