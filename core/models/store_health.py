"""Health of MLflow's store, checked without importing MLflow."""

from __future__ import annotations

import sqlite3

from core.catalog.engine import engine_for
from core.catalog.revision import sqlite_file, sqlite_value
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


def _server_problem(uri: str) -> str:
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with engine_for(uri).connect() as connection:
            connection.execute(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError as error:
        return f"the database does not respond ({type(error).__name__})"
    return ""
