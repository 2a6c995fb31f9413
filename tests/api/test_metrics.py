"""``/metrics``: what Prometheus gets to see."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from core import __version__, loop, registry
from core.api.app import SidecarApp
from core.auth.roles import SYSTEM
from core.datasets import latest
from tests.api.client import Client

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def _scrape(client: Client) -> Samples:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def _value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


def test_counts_requests_by_route_and_status(client: Client) -> None:
    client.post("/predict", json={"features": [[1, 2], [3, 4]]})
    client.post("/predict", json={"features": []})
    client.get("/health")
    for n in range(20):
        client.get(f"/invented/{n}")
    samples = _scrape(client)
    name = "shifumi_http_requests_total"
    assert _value(samples, name, route="/predict", status="200") == 1
    assert _value(samples, name, route="/predict", status="422") == 1
    assert _value(samples, name, route="/health", status="200") == 1
    assert _value(samples, name, route="other", status="404") == 20
    assert _value(samples, "shifumi_http_request_duration_seconds_count", route="/predict") == 2
    assert _value(samples, "shifumi_predicted_rows_total") == 2
    assert not [labels for _, labels in samples if any("invented" in value for _, value in labels)]


def test_tells_which_model_is_served_and_how_good_it_is(client: Client, serving: SidecarApp) -> None:
    serving.sidecar.pulse.look()
    samples = _scrape(client)
    served = {"workload": "linear", "model": "shifumi-linear", "version": "2", "dataset_id": "2"}
    assert _value(samples, "shifumi_model_info", **served) == 1
    assert _value(samples, "shifumi_model_reloads_total", workload="linear") == 1
    before = _value(samples, "shifumi_model_metric", workload="linear", version="2", metric="accuracy")
    assert before is not None
    assert 0.9 < before <= 1
    assert _value(samples, "shifumi_build_info", version=__version__) == 1
    assert _value(samples, "shifumi_catalog_up") == 1


def test_follows_a_promotion_and_a_new_measurement(client: Client, serving: SidecarApp) -> None:
    registry.promote(SYSTEM, "linear", 1)
    serving.sidecar.watcher.look()
    loop.evaluate(registry.get_version("linear", 1), latest("linear"))
    serving.sidecar.pulse.look()
    samples = _scrape(client)
    assert _value(samples, "shifumi_model_reloads_total", workload="linear") == 2
    versions = {dict(labels)["version"] for name, labels in samples if name == "shifumi_model_info"}
    assert versions == {"1"}
    measured = _value(samples, "shifumi_model_metric", workload="linear", version="1", metric="accuracy")
    assert measured is not None
    assert measured < 0.7  # it learnt another boundary


def test_a_scrape_asks_no_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("a scrape asked the catalog")

    with monkeypatch.context() as patch:
        patch.setattr("core.catalog.engine.get_engine", refuse)
        assert client.get("/metrics").status_code == 200
        assert client.get("/health").status_code == 200
