"""The delivery log: what was sent when, how Discord answered, and how often it was tried."""

from __future__ import annotations

from datetime import datetime

from loguru import logger
from sqlalchemy import delete, func, select

from core.catalog.engine import CatalogUnavailableError, reading, writing
from core.catalog.notification_tables import Delivery
from core.monitoring.discord_post import Outcome


def record(title: str, about: str, outcome: Outcome) -> None:
    """Keep an outcome; an unavailable catalog is only logged, because a message must not stop what it is about."""
    try:
        with writing() as session:
            session.add(
                Delivery(
                    title=title[:256],
                    about=about[:64],
                    status=outcome.status,
                    attempts=outcome.attempts,
                    problem=outcome.problem[:128],
                )
            )
    except CatalogUnavailableError as error:
        logger.warning("The delivery of '{}' is not in the log: {}", title, error)


def latest(limit: int = 100) -> list[Delivery]:
    """Deliveries, newest first."""
    with reading() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(limit)))


def prune(before: datetime) -> None:
    """Delete older deliveries. Raises :class:`core.catalog.engine.CatalogUnavailableError`."""
    with writing() as session:
        session.execute(delete(Delivery).where(Delivery.at < before))


def sent_about(about: str) -> int:
    """Number of messages about a subject that arrived; 0 when the catalog is unavailable."""
    query = select(func.count(Delivery.id)).where(Delivery.about == about, Delivery.problem == "")
    try:
        with reading() as session:
            return session.scalar(query) or 0
    except CatalogUnavailableError:
        return 0
