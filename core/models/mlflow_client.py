"""MLflow's client of this process, with its errors translated for users.

MLflow is imported inside the functions: it costs more than a second, which a process that only reads its own health
should not pay.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from core.catalog.revision import sqlite_file
from core.config.messages import say
from core.config.settings import get_settings
from core.models.mlflow_store import make_store

if TYPE_CHECKING:
    from mlflow import MlflowClient


class RegistryError(RuntimeError):
    """MLflow's store does not respond or lacks the requested item; the message says what to do."""


def store_exists() -> bool:
    """False while the local store's file does not exist: opening it would create it. A remote store always "exists"."""
    file = sqlite_file(get_settings().tracking_uri)
    return file is None or file.exists()


@lru_cache(maxsize=4)
def _client_for(uri: str) -> MlflowClient:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def client() -> MlflowClient:
    """The MLflow client of this process. Raises :class:`RegistryError` when the store cannot be opened."""
    uri = get_settings().tracking_uri
    with store_errors():
        if file := sqlite_file(uri):
            make_store(file)
        return _client_for(uri)


@contextmanager
def store_errors() -> Iterator[None]:
    """Convert any error of MLflow's store to a :class:`RegistryError` that says what to do."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise RegistryError(say("mlflow.away", error=first_line)) from error
