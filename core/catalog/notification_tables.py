"""The catalog's table for messages that were sent, or were not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core.catalog.tables import Base, utcnow


class Delivery(Base):
    """One message to Discord. ``about`` names its subject (``NAME dataset 3``); ``status`` is the last HTTP status,
    None without an answer; ``attempts`` is 0 when it was not tried; ``problem`` is empty when it was delivered.
    """

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
    title: Mapped[str] = mapped_column(String(256))
    about: Mapped[str] = mapped_column(String(64), default="", index=True)
    status: Mapped[int | None]
    attempts: Mapped[int]
    problem: Mapped[str] = mapped_column(String(128), default="")
