"""The catalog's table of feedback: labels that people and programs gave to predictions afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.catalog.tables import Base, utcnow


class Feedback(Base):
    """The label that one person or token gave to one request.

    ``request`` is the number of the request (``core.predictions.request_ids``), ``person`` a username or ``token:``
    with the token's id. ``answer`` is what was predicted, ``features`` its row, empty for an image. A new label of the
    same person replaces the old one; ``id`` keeps the order in which requests were labelled first.
    """

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("request", "person", name="uq_feedback_request_person"),
        Index("ix_feedback_workload_version", "workload", "version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request: Mapped[int] = mapped_column(BigInteger)
    person: Mapped[str] = mapped_column(String(80))
    workload: Mapped[str] = mapped_column(String(32))
    version: Mapped[int]
    predicted_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(String(128))
    label: Mapped[str] = mapped_column(String(128))
    features: Mapped[list[Any]] = mapped_column(default=list)
    at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
