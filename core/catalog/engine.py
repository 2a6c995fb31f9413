"""Connections to the catalog: one engine per process, WAL on SQLite, short write transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from core.config.settings import get_settings

_NO_TABLES = "The catalog has no tables yet. Run `python3 manage.py migrate`."
_OF_THE_DISK = (
    ("is full", "The disk of the catalog is full. Nothing can be changed until there is room."),
    ("readonly", "The catalog is read-only. Nothing can be changed until its disk and its file are writable."),
)
"""What SQLite says about the disk, and what that means."""
_UNDEFINED_TABLE = "42P01"  # PostgreSQL's word for it
_BUSY_TIMEOUT_MS = 5000


class CatalogUnavailableError(RuntimeError):
    """The catalog is locked, missing or unreachable; the message says what to do."""


@lru_cache(maxsize=8)
def engine_for(url: str) -> Engine:
    """The engine for ``url``; SQLite gets WAL, foreign keys and a busy timeout."""
    if not url.startswith("sqlite"):
        # psycopg 3 is the installed driver; a plain postgresql:// would need psycopg2.
        return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), pool_pre_ping=True)
    engine = create_engine(url, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # isolation_level None leaves BEGIN to us: the driver's own never takes the write lock up front.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # IMMEDIATE: a read that later turns into a write would fail instead of waiting.
    immediate = connection.get_execution_options().get("shifumi_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def get_engine() -> Engine:
    return engine_for(get_settings().catalog_url)


@contextmanager
def reading() -> Iterator[Session]:
    """A session for queries only."""
    with _explained(), Session(get_engine(), expire_on_commit=False) as session:
        yield session


@contextmanager
def writing() -> Iterator[Session]:
    """A session that commits at the end, or rolls everything back on an exception."""
    with (
        _explained(),
        get_engine().connect().execution_options(shifumi_write=True) as connection,
        Session(connection, expire_on_commit=False) as session,
    ):
        yield session
        session.commit()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        text = str(error.orig)
        if "locked" in text or "busy" in text:
            raise CatalogUnavailableError(
                "The catalog is locked by another process. Wait a moment and try again; "
                "`python3 manage.py doctor` shows which one."
            ) from error
        for sign, sentence in _OF_THE_DISK:
            if sign in text:
                raise CatalogUnavailableError(sentence) from error
        if "no such table" in text:
            raise CatalogUnavailableError(_NO_TABLES) from error
        raise CatalogUnavailableError(f"The catalog does not respond: {text.strip()}") from error
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", "") == _UNDEFINED_TABLE:
            raise CatalogUnavailableError(_NO_TABLES) from error
        raise
    except DatabaseError as error:
        # Exactly this class: SQLite raises it, and none of its subclasses, for a truncated or overwritten file.
        if type(error.orig) is sqlite3.DatabaseError:
            raise CatalogUnavailableError(
                f"The catalog is damaged ({error.orig}). Stop Shifumi; `python3 manage.py doctor` says what to restore."
            ) from error
        raise
