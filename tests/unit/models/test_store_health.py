"""Whether MLflow's store can be used, without MLflow."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from core.catalog.engine import engine_for
from core.config.messages import message_of, say
from core.config.settings import Settings, get_settings
from core.models import mlflow_client, registry
from core.models.registry import RegistryError
from core.models.store_errors import explained
from core.models.store_health import store_problem
from tests.ports import free_port
from tests.simple_server import server


def at(monkeypatch: pytest.MonkeyPatch, uri: str) -> Settings:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    get_settings.cache_clear()
    return get_settings()


def test_a_local_store(settings: Settings, mlflow_store: Path) -> None:
    assert store_problem(settings) == ""
    mlflow_store.write_bytes(b"this is no database" * 100)
    assert store_problem(settings).startswith(f"{mlflow_store} cannot be read (")
    mlflow_store.unlink()
    assert store_problem(settings) == "not created yet: the flow runner creates it when it starts"
    assert not mlflow_client.store_exists()


def test_a_server_is_asked_for_its_health(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(200, "OK") as url:
        assert store_problem(at(monkeypatch, f"{url}/")) == ""
        assert mlflow_client.store_exists(), "a remote store counts as existing"
    with server(500) as url:
        assert "500" in store_problem(at(monkeypatch, url))
    assert store_problem(at(monkeypatch, f"http://127.0.0.1:{free_port()}"))


def test_a_database_that_is_away_is_named_by_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    away = at(monkeypatch, f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none?connect_timeout=2")
    assert store_problem(away) == "the database does not respond (OperationalError)"


@pytest.mark.parametrize(
    ("error", "told"), [(OSError("first\nsecond"), "first"), (OSError("  \n"), "OSError"), (OSError(), "OSError")]
)
def test_what_a_store_throws_is_told_in_one_line(error: Exception, told: str) -> None:
    with pytest.raises(RegistryError) as refusal, registry.store_errors():
        raise error
    assert message_of(refusal.value) == say("mlflow.away", error=told)
    assert refusal.value.__cause__ is error


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no database" * 500, "mlflow.damaged"),
        (b"", "mlflow.damaged"),
    ],
)
def test_a_damaged_database_has_its_own_sentence(mlflow_store: Path, content: bytes, code: str) -> None:
    mlflow_store.write_bytes(content)
    with (
        pytest.raises(RegistryError) as refusal,
        registry.store_errors(),
        engine_for(get_settings().tracking_uri).connect() as connection,
    ):
        connection.execute(text("SELECT 1 FROM experiments"))
    assert message_of(refusal.value).code == code
    assert "restore" in str(refusal.value)


def test_a_database_of_a_newer_mlflow_has_its_own_sentence(mlflow_store: Path) -> None:
    with closing(sqlite3.connect(mlflow_store)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'of-the-future'")
    mlflow_client._client_for.cache_clear()
    with pytest.raises(RegistryError) as refusal:
        registry.versions("linear")
    assert message_of(refusal.value).code == "mlflow.newer"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError("[Errno 28] No space left on device"), "mlflow.full"),
        (PermissionError(13, "Permission denied"), "mlflow.read_only"),
        (OSError("(sqlite3.OperationalError) database is locked"), "mlflow.locked"),
        (OSError("HTTPConnectionPool: Max retries exceeded"), "mlflow.unreachable"),
        (OSError("API request failed with error code 401 != 200"), "mlflow.refused"),
    ],
)
def test_every_cause_has_its_own_sentence(error: Exception, code: str) -> None:
    assert explained(error).code == code


def test_other_errors_are_no_store_errors() -> None:
    with pytest.raises(KeyError), registry.store_errors():
        raise KeyError("ours")
