"""``/health``, ``/ready`` and the errors of the framework's own routes."""

import json
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from core import __version__
from core.api.app import SidecarApp
from core.auth.roles import SYSTEM
from core.catalog.engine import writing
from core.config.settings import Settings
from core.models import promotion, registry
from core.predictions.entries import summarise
from tests.api.client import Client
from tests.api.making import DISAGREED
from tests.api.problem_shape import assert_problem


def _model(client: Client) -> dict[str, object]:
    model: dict[str, object] = client.get("/health").json()["components"]["model"]
    return model


def _break_export(settings: Settings, run_id: str) -> Path:
    (file,) = settings.mlflow_dir.glob(f"**/{run_id}/artifacts/export/linear.json")
    weights = json.loads(file.read_text())
    file.write_text(json.dumps({**weights, "w1": -weights["w1"]}))
    return file


def test_health_and_readiness_before_and_after_there_is_a_model(
    app: SidecarApp, anonymous: Client, champion: Settings
) -> None:
    before = anonymous.get("/health")
    assert before.status_code == 200
    assert before.json()["version"] == __version__
    assert before.json()["status"] == "ok"
    assert _model(anonymous)["state"] == "starting"
    answer = anonymous.get("/ready")
    assert_problem(answer, 503, "no-champion")
    assert int(answer.headers["retry-after"]) > 0
    app.sidecar.watcher.refresh()
    app.sidecar.catalog_probe.check()
    assert _model(anonymous) == {"state": "healthy", "detail": "", "version": 2}
    assert anonymous.get("/ready").json() == {"status": "ready", "version": 2}


def test_without_a_store_there_is_nothing_to_serve_and_none_is_made(
    app: SidecarApp, anonymous: Client, settings: Settings
) -> None:
    app.sidecar.watcher.refresh()
    assert _model(anonymous)["state"] == "empty"
    assert "Train page" in str(_model(anonymous)["detail"])
    assert "Train page" in assert_problem(anonymous.get("/ready"), 503, "no-champion")["detail"]
    assert not (settings.mlflow_dir / "mlflow.db").exists()


def test_a_damaged_model_is_refused_and_the_old_one_goes_on(
    serving: SidecarApp, client: Client, champion: Settings
) -> None:
    promotion.promote(SYSTEM, "linear", 1)
    broken = _break_export(champion, registry.get_version("linear", 1).run_id)
    serving.sidecar.watcher.refresh()
    answer = client.post("/predict", json={"features": [DISAGREED]})
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    health = client.get("/health")
    assert (health.status_code, health.json()["status"]) == (200, "degraded")
    assert _model(client)["version"] == 2
    detail = str(_model(client)["detail"])
    assert "Version 1 is damaged" in detail
    assert "Version 2 keeps serving" in detail
    assert str(broken.parent) not in health.text
    assert client.get("/ready").status_code == 200


def test_the_message_about_a_damaged_model_survives_a_store_that_is_away_for_a_moment(
    serving: SidecarApp, client: Client, champion: Settings
) -> None:
    promotion.promote(SYSTEM, "linear", 1)
    _break_export(champion, registry.get_version("linear", 1).run_id)
    watcher, store = serving.sidecar.watcher, champion.mlflow_dir / "mlflow.db"
    watcher.refresh()
    store.rename(store.with_suffix(".away"))
    watcher.refresh()
    assert watcher.state == "unreachable"
    store.with_suffix(".away").rename(store)
    watcher.refresh()
    assert watcher.state == "refused"
    assert "SHA-256" in str(watcher.problem)


def test_without_its_store_the_loaded_model_goes_on(serving: SidecarApp, client: Client, champion: Settings) -> None:
    store = champion.mlflow_dir / "mlflow.db"
    store.rename(store.with_suffix(".away"))
    serving.sidecar.watcher.refresh()
    assert client.post("/predict", json={"features": [[1, 2]]}).status_code == 200
    assert "MLflow store" in str(_model(client)["detail"])
    assert client.get("/health").json()["status"] == "degraded"
    assert not store.exists()
    store.with_suffix(".away").rename(store)
    serving.sidecar.watcher.refresh()
    assert client.get("/health").json()["status"] == "ok"


def test_health_tells_of_a_catalog_that_does_not_answer(serving: SidecarApp, client: Client) -> None:
    sidecar = serving.sidecar
    sidecar.catalog_probe.check()
    sidecar.log.add(summarise("linear", 2, "api", [(1.0, 2.0)], np.array([[0.5, 0.5]])))
    with writing() as session:
        for table in ("evaluations", "predictions"):
            session.execute(text(f"ALTER TABLE {table} RENAME TO hidden_{table}"))
    sidecar.catalog_probe.check()
    sidecar.log.start()
    sidecar.log.stop()
    health = client.get("/health")
    assert (health.status_code, health.json()["status"]) == (200, "degraded")
    assert health.json()["components"]["catalog"]["state"] == "unhealthy"
    assert "1 waiting" in health.json()["components"]["prediction_log"]["detail"]
    assert client.post("/predict", json={"features": [[1, 2]]}).status_code == 200


def test_health_gives_no_address_and_no_path_away(
    serving: SidecarApp, client: Client, champion: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(_workload: str) -> None:
        raise registry.RegistryError("postgresql://mlflow:hunter2@10.1.2.3/mlflow refused")

    monkeypatch.setattr(registry, "champion", unreachable)
    serving.sidecar.watcher.refresh()
    serving.sidecar.catalog_probe.problem = serving.sidecar.log.problem = (
        "postgresql://shifumi:hunter2@10.1.2.3 refused"
    )
    shown = client.get("/health").text + client.get("/ready").text
    assert "degraded" in shown
    for secret in ("hunter2", "10.1.2.3", str(champion.data_dir)):
        assert secret not in shown


def test_unknown_places_and_methods_have_the_shape_of_all_errors(anonymous: Client) -> None:
    assert_problem(anonymous.get("/nowhere"), 404, "not-found")
    assert_problem(anonymous.post("/predict/more"), 404, "not-found")
    assert_problem(anonymous.get("/static-offline-docs/../../etc/passwd"), 404, "not-found")
    answer = anonymous.post("/health")
    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET"


def test_an_error_in_a_route_has_the_shape_of_all_errors(
    app: SidecarApp, anonymous: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> bytes:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(app.sidecar.metrics, "exposition", fail)
    answer = anonymous.get("/metrics")
    assert_problem(answer, 500, "internal-error")
    assert "hunter2" not in answer.text
