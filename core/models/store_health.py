"""Health of MLflow's store, checked without importing MLflow."""

from __future__ import annotations

import sqlite3

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from core.catalog.engine import engine_for, reading
from core.catalog.revision import sqlite_file, sqlite_value
from core.catalog.tables import Decision
from core.config import probe as probing
from core.config.settings import Settings


def store_problem(settings: Settings) -> str:
    """Why the MLflow store is not usable, or an empty text. Does not import MLflow."""
    uri = settings.tracking_uri
    if uri.startswith(("http://", "https://")):
        return probing.probe(uri.rstrip("/") + "/health", probing.PROBE_TIMEOUT_S)
    path = sqlite_file(uri)
    if path is None:
        return _server_problem(uri)
    if not path.exists():
        return "not created yet: the flow runner creates it when it starts"
    try:
        sqlite_value(path, "SELECT version_num FROM alembic_version")
    except sqlite3.Error as error:
        return f"{path} cannot be read ({error})"
    return ""


def lost_promotions(settings: Settings) -> int:
    """How many promotions the catalog knows although a local store has no version at all: then the store was lost.

    0 when it has versions, does not say, or is a server. Raises ``CatalogUnavailableError``.
    """
    uri = settings.tracking_uri
    path = sqlite_file(uri)
    if uri.startswith(("http://", "https://")):
        return 0
    if path is None or path.exists():
        try:
            with engine_for(uri).connect() as connection:
                if connection.execute(text("SELECT 1 FROM model_versions LIMIT 1")).first() is not None:
                    return 0
        except SQLAlchemyError as error:
            if "no such table" not in str(error):
                return 0
    with reading() as session:
        return session.scalar(select(func.count(Decision.id)).where(Decision.kind == "promoted")) or 0


def deleted_experiments(settings: Settings) -> list[str]:
    """Experiments of workloads that were deleted in MLflow; empty when the store does not say, or is a server."""
    uri = settings.tracking_uri
    path = sqlite_file(uri)
    if uri.startswith(("http://", "https://")) or (path is not None and not path.exists()):
        return []
    query = text("SELECT name FROM experiments WHERE lifecycle_stage = 'deleted' AND name LIKE 'shifumi-%'")
    try:
        with engine_for(uri).connect() as connection:
            return sorted(connection.scalars(query))
    except SQLAlchemyError:
        return []


def _server_problem(uri: str) -> str:
    try:
        with engine_for(uri).connect() as connection:
            connection.execute(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError as error:
        return f"the database does not respond ({type(error).__name__})"
    return ""
