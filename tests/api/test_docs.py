"""What is served is documented: in ``/docs`` for programs and people, in ``docs/api.md`` for people."""

import re
from typing import Any

import pytest
from prefect.runner import Runner
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from starlette.routing import Mount, Route

from core.api.app import SidecarApp
from core.api.predict_images import MEDIA_TYPES
from core.api.problems import KINDS
from core.config.settings import ROOT, Settings, get_settings
from core.live.live_metrics import COLLECTOR
from core.monitoring.metrics.machine_metrics import TreeCollector
from flows.metrics import RunnerCollector
from tests.api.client import Client

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def _routes(app: SidecarApp) -> set[str]:
    """Every path that answers, the files behind ``/docs`` aside."""
    framework: Any = app._rest._app
    found = {route.path for route in framework.routes if isinstance(route, Route) and not isinstance(route, Mount)}
    return (found | set(app.predict_routes)) - {"/docs/oauth2-redirect", "/predict/{workload:path}"}


def _schema(client: Client) -> dict[str, Any]:
    schema: dict[str, Any] = client.get("/openapi.json").json()
    return schema


def test_every_route_is_on_the_page(app: SidecarApp) -> None:
    documented = set(re.findall(r"^\| `(?:GET|POST) (/[\w./{}]+)`", PAGE, re.MULTILINE))
    assert documented == {re.sub("^/predict/.+", "/predict/{workload}", path) for path in _routes(app)}


def _families(text: str) -> set[str]:
    """The names as the page has them; what Linux tells about a process aside."""
    found = {f.name + ("_total" if f.type == "counter" else "") for f in text_string_to_metric_families(text)}
    return {name for name in found if not name.startswith("process_")}


def test_every_metric_is_on_the_page_and_no_other(
    client: Client, serving: SidecarApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIFUMI_CELERY_BROKER_URL", "filesystem://")  # queues are told of where there are any
    get_settings.cache_clear()
    serving.sidecar.figures.refresh()
    client.post("/predict", json={"features": [[1, 2]]})
    registry = CollectorRegistry()
    for collector in (TreeCollector(), COLLECTOR, RunnerCollector(Runner(name="documented"))):
        registry.register(collector)
    told = _families(client.get("/metrics").text) | _families(generate_latest(registry).decode())
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    assert told == set(re.findall(r"^\| `(shifumi_\w+)` \|", page, re.MULTILINE))


def test_every_kind_of_error_is_on_the_page() -> None:
    documented = set(re.findall(r"^\| (\d{3}) \| `([\w-]+)` \|", PAGE, re.MULTILINE))
    assert documented == {(str(kind.status), kind.slug) for kind in KINDS}


def test_the_limits_on_the_page_are_the_defaults() -> None:
    documented = re.findall(r"`SHIFUMI_(PREDICT\w+)` \| ([\d ]+) \|", PAGE)
    assert len(documented) == 5
    for name, value in documented:
        assert float(value.replace(" ", "")) == Settings.model_fields[name.lower()].default


def test_every_route_describes_itself(app: SidecarApp, client: Client) -> None:
    paths = _schema(client)["paths"]
    assert set(paths) == _routes(app) - {"/docs", "/openapi.json"}
    for path, operations in paths.items():
        for method, operation in operations.items():
            assert operation["summary"], f"{method} {path}"
            assert "200" in operation["responses"]


def test_predict_is_described_whole(client: Client) -> None:
    schema = _schema(client)
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path in ("/predict", "/predict/linear", "/predict/rps"):
        operation = schema["paths"][path]["post"]
        assert operation["security"] == [{"token": []}]
        never = {"400"} if path == "/predict/rps" else set()  # an image is not JSON
        for status in {"400", "401", "403", "406", "408", "413", "415", "422", "500", "503"} - never:
            assert "application/problem+json" in operation["responses"][status]["content"], status
        assert operation["requestBody"]["required"] is True
    assert schema["paths"]["/models"]["get"]["security"] == [{"token": []}]
    assert set(schema["paths"]["/predict/rps"]["post"]["requestBody"]["content"]) == set(MEDIA_TYPES)


def test_every_reference_leads_somewhere(client: Client) -> None:
    schema = _schema(client)
    references = set(re.findall(r"'\$ref': '#/components/schemas/(\w+)'", str(schema)))
    assert {
        "LinearRows",
        "PredictAnswer",
        "ClassesAnswer",
        "BoxesAnswer",
        "ProblemBody",
        "Health",
        "ModelList",
    } <= references
    assert references <= set(schema["components"]["schemas"])


@pytest.mark.parametrize(("path", "structure"), [("/predict", "PredictAnswer"), ("/predict/linear", "ClassesAnswer")])
def test_the_examples_are_true(client: Client, path: str, structure: str) -> None:
    operation = _schema(client)["paths"][path]["post"]
    example = operation["requestBody"]["content"]["application/json"]["example"]
    answer = client.post(path, json=example)
    assert answer.status_code == 200
    promised = operation["responses"]["200"]["content"]["application/json"]["example"]
    assert set(answer.json()) == set(promised)
    properties = _schema(client)["components"]["schemas"][structure]["properties"]
    assert set(answer.json()) == set(properties)


def test_the_page_to_try_it_needs_no_internet(anonymous: Client) -> None:
    page = anonymous.get("/docs").text
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(sources) >= 2
    for source in sources:
        assert source.startswith("/"), source
        assert anonymous.get(source).status_code == 200, source


@pytest.mark.parametrize("path", ["/redoc", "/docs/oauth2-redirect/x"])
def test_there_is_nothing_else(anonymous: Client, path: str) -> None:
    assert anonymous.get(path).status_code == 404
