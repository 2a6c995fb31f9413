"""The catalog's table for the health of the services over time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.catalog.tables import Base


class HealthSample(Base):
    """Consecutive equal samples of one service, merged into one row.

    A week of a healthy service is one row instead of twenty thousand. Between the ``until`` of a row and the ``since``
    of the next one there is no data. ``milliseconds`` is the mean response time of the ``samples``.
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
