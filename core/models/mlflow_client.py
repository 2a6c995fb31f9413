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
from core.config.settings import get_settings
from core.models.mlflow_store import make_store
from core.models.store_errors import explained

if TYPE_CHECKING:
    from mlflow import MlflowClient


_FOREIGN = (
    "MLFLOW_RUN_ID",
    "MLFLOW_RUN_NAME",
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_ACTIVE_MODEL_ID",
    "MLFLOW_REGISTRY_URI",
)


class RegistryError(RuntimeError):
    """MLflow's store does not respond or lacks the requested item; the message says what to do."""


def store_exists() -> bool:
    """False while the local store's file does not exist: opening it would create it. A remote store always "exists"."""
    file = sqlite_file(get_settings().tracking_uri)
    return file is None or file.exists()


@lru_cache(maxsize=4)
def _client_for(uri: str) -> MlflowClient:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # Inherited from somebody's own work with MLflow, they would send our runs there, or resume a foreign run.
    for name in _FOREIGN:
        os.environ.pop(name, None)
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
        raise RegistryError(explained(error)) from error
