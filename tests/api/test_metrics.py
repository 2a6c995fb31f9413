"""``/metrics``: what Prometheus gets to see."""

import pytest
from sqlalchemy import text

from core import __version__
from core.api.app import SidecarApp
from core.auth.roles import SYSTEM
from core.catalog.engine import writing
from core.loop import loop
from core.models import promotion, registry
from core.storage.datasets import latest
from tests.api.client import Client
from tests.exposition import Samples


def _scrape(client: Client) -> Samples:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return Samples(answer.text)


def test_counts_requests_by_route_and_status(client: Client) -> None:
    client.post("/predict", json={"features": [[1, 2], [3, 4]]})
    client.post("/predict", json={"features": []})
    client.get("/health")
    for n in range(20):
        client.get(f"/invented/{n}")
    samples = _scrape(client)
    name = "shifumi_http_requests_total"
    assert samples.get(name, route="/predict", status="200") == 1
    assert samples.get(name, route="/predict", status="422") == 1
    assert samples.get(name, route="/health", status="200") == 1
    assert samples.get(name, route="other", status="404") == 20
    assert samples.get("shifumi_http_request_duration_seconds_count", route="/predict") == 2
    assert samples.get("shifumi_predicted_rows_total", workload="linear") == 2
    assert {labels["route"] for labels in samples.series(name)} == {"/predict", "/health", "other"}


def test_tells_which_model_is_served_and_how_good_it_is(client: Client, serving: SidecarApp) -> None:
    serving.sidecar.figures.refresh()
    samples = _scrape(client)
    served = {"workload": "linear", "model": "shifumi-linear", "version": "2", "dataset_id": "2"}
    assert samples.get("shifumi_model_info", **served) == 1
    assert samples.get("shifumi_model_reloads_total", workload="linear") == 1
    before = samples.get("shifumi_model_metric", workload="linear", version="2", metric="accuracy")
    assert before is not None
    assert 0.9 < before <= 1
    assert samples.get("shifumi_build_info", version=__version__) == 1
    assert samples.get("shifumi_catalog_up") == 1


def test_follows_a_promotion_and_a_new_measurement(client: Client, serving: SidecarApp) -> None:
    promotion.promote(SYSTEM, "linear", 1)
    serving.sidecar.watcher.refresh()
    loop.evaluate(registry.get_version("linear", 1), latest("linear"))
    serving.sidecar.figures.refresh()
    samples = _scrape(client)
    assert samples.get("shifumi_model_reloads_total", workload="linear") == 2
    assert [labels["version"] for labels in samples.series("shifumi_model_info")] == ["1"]
    measured = samples.get("shifumi_model_metric", workload="linear", version="1", metric="accuracy")
    assert measured is not None
    assert measured < 0.7  # it learnt another boundary


def test_a_scrape_asks_no_database(client: Client, serving: SidecarApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("a scrape asked the catalog")

    serving.sidecar.figures.refresh()
    with monkeypatch.context() as patch:
        patch.setattr("core.catalog.engine.get_engine", refuse)
        assert _scrape(client).get("shifumi_champion_info", workload="linear", version=2) == 1
        assert client.get("/health").status_code == 200


def test_without_a_catalog_there_is_still_an_answer(client: Client, serving: SidecarApp) -> None:
    """Its figures are absent: zeros would say that all is well."""
    serving.sidecar.figures.refresh()
    serving.sidecar.catalog_probe.check()
    assert _scrape(client).get("shifumi_jobs_alive", kind="check", phase="running") == 0
    with writing() as session:
        session.execute(text("DROP TABLE evaluations"))
    serving.sidecar.figures.refresh()
    serving.sidecar.catalog_probe.check()
    samples = _scrape(client)
    assert samples.get("shifumi_catalog_up") == 0
    assert not {name for name in samples.names if name.startswith(("shifumi_jobs", "shifumi_decisions"))}
    assert client.post("/predict", json={"features": [[1, 2]]}).status_code == 200
