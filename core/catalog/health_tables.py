"""The catalog's table for the health of the services over time, typed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.catalog.tables import Base


class HealthSample(Base):
    """Samples of one service that said the same, one after the other, folded into one row.

    A week of a service that is well is one row instead of twenty thousand. Nobody looked between the ``until`` of a
    row and the ``since`` of the next one. ``milliseconds`` is the mean time that the ``samples`` took to answer.
    """

    __tablename__ = "health_samples"
    __table_args__ = (Index("ix_health_samples_name_until", "name", "until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(32))
    up: Mapped[bool]
    detail: Mapped[str] = mapped_column(Text, default="")
    since: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(index=True)
    samples: Mapped[int] = mapped_column(default=1)
    milliseconds: Mapped[float] = mapped_column(Float)
