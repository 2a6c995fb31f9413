"""Whether MLflow's store can be used, without MLflow."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config.messages import message_of, say
from core.config.settings import Settings, get_settings
from core.models import mlflow_client, registry
from core.models.registry import RegistryError
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


def test_other_errors_are_no_store_errors() -> None:
    with pytest.raises(KeyError), registry.store_errors():
        raise KeyError("ours")
