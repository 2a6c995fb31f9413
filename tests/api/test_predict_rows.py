"""``POST /predict/{workload}`` for rows: labels and probabilities, values, and what is refused."""

import asyncio
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from sqlalchemy import select

from core.api.app import SidecarApp, create_app
from core.auth.roles import SYSTEM
from core.catalog.engine import reading
from core.catalog.tables import PredictionBatch
from core.config.settings import Settings
from core.models import promotion
from core.workloads import WORKLOADS
from core.workloads.linear.model import LinearPredictor
from tests.api.client import Client
from tests.api.learnt import THREE, VALUE, Doubling, Nearest, served
from tests.api.making import DISAGREED
from tests.api.problem_shape import assert_problem
from tests.api.test_predict import BODIES, JSON
from tests.exposition import Samples


@pytest.fixture
def several(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> SidecarApp:
    """The application with a three-class and a regression workload, both with a model."""
    for workload in (THREE, VALUE):
        monkeypatch.setitem(WORKLOADS, workload.name, workload)
    made = create_app(settings)
    made.sidecar.watchers["three"].current = served("three", Nearest())
    made.sidecar.watchers["value"].current = served("value", Doubling())
    return made


@pytest.fixture
def ask(several: SidecarApp, secret: str) -> Client:
    return Client(several, {"Authorization": f"Bearer {secret}"})


def test_labels_and_the_probability_of_each_class(client: Client, serving: SidecarApp) -> None:
    points = [list(DISAGREED), [0.25, 0.5], [-3, 2]]
    body = client.post("/predict/linear", json={"features": points}).json()
    current = serving.sidecar.watcher.current
    assert current is not None
    assert body["probabilities"] == current.predictor.probabilities(np.array(points, np.float64)).tolist()
    assert body["classes"] == [str(int(p[1] > 0.5)) for p in body["probabilities"]]
    assert body["classes"][0] == "0"
    assert (body["model"], body["version"], body["dataset_id"]) == ("shifumi-linear", 2, 2)


def test_three_classes(ask: Client) -> None:
    body = ask.post("/predict/three", json={"features": [[-1, 0, 0], [0, 5, 5], [9, 0, 0]]}).json()
    assert body["classes"] == ["low", "middle", "high"]
    assert [len(row) for row in body["probabilities"]] == [3, 3, 3]
    assert (body["model"], body["version"], body["dataset_id"]) == ("shifumi-three", 7, 11)


def test_of_equally_probable_classes_the_first_is_answered(ask: Client) -> None:
    body = ask.post("/predict/three", json={"features": [[0.5, 0, 0]]}).json()
    assert body["probabilities"][0][1] == body["probabilities"][0][2]
    assert body["classes"] == ["middle"]


def test_values(ask: Client) -> None:
    for rows in ([[1.5]], [[1.5], [-2]]):
        body = ask.post("/predict/value", json={"features": rows}).json()
        assert body == {
            "values": [row[0] * 2 for row in rows],
            "model": "shifumi-value",
            "version": 7,
            "dataset_id": 11,
        }


@pytest.mark.parametrize("rows", [[[1e308]], [[1], [1e308], [2]]])
def test_a_value_beyond_all_numbers_is_refused(ask: Client, rows: list[list[float]]) -> None:
    detail = assert_problem(ask.post("/predict/value", json={"features": rows}), 422, "out-of-range")["detail"]
    assert f"Row {rows.index([1e308])} " in detail


def test_what_is_wrong_is_said_with_the_names_of_the_features(ask: Client) -> None:
    for row in ([1, 2], [1, 2, 3, 4], ["x", 1, 2]):
        detail = assert_problem(ask.post("/predict/three", json={"features": [row]}), 422, "wrong-shape")["detail"]
        assert '{"features": [[a, b, c], …]} with three numbers per row.' in detail
    detail = assert_problem(ask.post("/predict/value", json={"features": [[]]}), 422, "wrong-shape")["detail"]
    assert "[[t], …]} with one number per row." in detail


def _calls_of(monkeypatch: pytest.MonkeyPatch, name: str, answer: Callable[..., Any]) -> list[bool]:
    """``answer`` in place of the model's method ``name``; for each call whether an event loop ran in its thread."""
    on_loop: list[bool] = []

    def noted(predictor: LinearPredictor, given: Any) -> Any:
        on_loop.append(asyncio._get_running_loop() is not None)
        return answer(predictor, given)

    monkeypatch.setattr(LinearPredictor, name, noted)
    return on_loop


@pytest.mark.parametrize("path", ["/predict", "/predict/linear"])
def test_one_row_is_answered_on_the_event_loop_by_the_way_for_one(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call of NumPy, or a thread, would cost more than the whole answer."""
    single = _calls_of(monkeypatch, "row_probabilities", LinearPredictor.row_probabilities)
    several = _calls_of(monkeypatch, "probabilities", LinearPredictor.probabilities)
    assert client.post(path, json={"features": [[1, 2]]}).status_code == 200
    assert (single, several) == ([True], [])
    assert client.post(path, json={"features": [[1, 2], [3, 4]]}).status_code == 200
    assert (len(single), several) == (1, [True])


@pytest.mark.parametrize("path", ["/predict", "/predict/linear"])
def test_a_model_that_breaks_on_one_row_gives_nothing_away(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_predictor: object, _row: object) -> None:
        raise RuntimeError("the secret of /etc/model")

    _calls_of(monkeypatch, "row_probabilities", fail)
    answer = client.post(path, json={"features": [[1, 2]]})
    assert assert_problem(answer, 500, "internal-error")["instance"].startswith("urn:uuid:")
    assert "secret" not in answer.text
    assert client.post(path, json={"features": [[1, 2], [3, 4]]}).status_code == 200


@pytest.mark.parametrize("told", [[math.nan, 0.5], [math.inf, 0.0], [math.inf, -math.inf]])
def test_one_row_without_a_finite_probability_is_refused(
    client: Client, told: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    _calls_of(monkeypatch, "row_probabilities", lambda _predictor, _row: told)
    for path in ("/predict", "/predict/linear"):
        detail = assert_problem(client.post(path, json={"features": [[1, 2]]}), 422, "out-of-range")["detail"]
        assert "Row 0 " in detail


def test_the_short_route_is_not_the_long_one(client: Client) -> None:
    short, long = (client.post(path, json={"features": [[1, 2]]}).json() for path in ("/predict", "/predict/linear"))
    assert short["probabilities"] == [long["probabilities"][0][1]]
    assert [str(label) for label in short["classes"]] == long["classes"]


@pytest.mark.parametrize("path", ["/predict/nothing", "/predict/", "/predict/linear/", "/predict/../health"])
def test_unknown_workloads(client: Client, path: str) -> None:
    answer = client.post(path, json={"features": [[1, 2]]})
    assert answer.status_code in {404, 405}
    if path != "/predict/../health":
        assert "linear" in assert_problem(answer, 404, "not-found")["detail"]


def test_a_workload_without_a_champion_asks_to_come_back(several: SidecarApp, ask: Client) -> None:
    several.sidecar.watchers["three"].current = None
    answer = ask.post("/predict/three", json={"features": [[1, 2, 3]]})
    assert_problem(answer, 503, "no-champion")
    assert int(answer.headers["retry-after"]) > 0
    assert ask.post("/predict/value", json={"features": [[1]]}).status_code == 200


def test_a_token_is_needed(several: SidecarApp) -> None:
    assert_problem(Client(several).post("/predict/three", json={"features": [[1, 2, 3]]}), 401, "token-refused")
    assert_problem(Client(several).get("/models"), 401, "token-refused")


def test_counts_by_workload(ask: Client) -> None:
    ask.post("/predict/three", json={"features": [[1, 2, 3]] * 4})
    ask.post("/predict/three", json={"features": [[1]]})
    ask.post("/predict/value", json={"features": [[1]]})
    samples = Samples(ask.get("/metrics").text)
    assert samples.get("shifumi_predicted_rows_total", workload="three") == 4
    assert samples.get("shifumi_predicted_rows_total", workload="value") == 1
    assert samples.get("shifumi_http_requests_total", route="/predict/three", status="200") == 1
    assert samples.get("shifumi_http_requests_total", route="/predict/three", status="422") == 1
    served_models = {labels["workload"]: labels["version"] for labels in samples.series("shifumi_model_info")}
    assert served_models == {"three": "7", "value": "7"}


def _logged(app: SidecarApp) -> list[PredictionBatch]:
    app.sidecar.log.start()
    app.sidecar.log.stop()
    with reading() as session:
        return list(session.scalars(select(PredictionBatch).order_by(PredictionBatch.id)))


def test_every_answer_is_logged(several: SidecarApp, ask: Client) -> None:
    ask.post("/predict/three", json={"features": [[-1, 0, 0]]})
    ask.post("/predict/three", json={"features": [[-1, 0, 0], [1, 0, 0]]})
    ask.post("/predict/value", json={"features": [[3]]})
    ask.post("/predict/value", json={"features": []})
    one, two, value = _logged(several)
    probabilities = Nearest().probabilities(np.array([[-1.0, 0, 0]])).tolist()[0]
    assert (one.workload, one.version, one.source, one.rows) == ("three", 7, "api", 1)
    assert one.sample == [[-1.0, 0.0, 0.0, *probabilities]]
    assert (one.positive_share, one.mean_confidence) == (0.0, max(probabilities))
    assert (two.rows, two.positive_share) == (2, 0.5)
    assert (value.workload, value.rows, value.sample) == ("value", 1, [[3.0, 6.0]])


def test_every_answer_of_the_short_route_is_logged(serving: SidecarApp, client: Client) -> None:
    answers = [client.post("/predict", json={"features": rows}).json() for rows in ([[1, 2]], [[1, 2], [-3, 1]])]
    client.post("/predict", json={"features": [[1]]})
    single, double = _logged(serving)
    assert (single.workload, single.version, single.rows) == ("linear", 2, 1)
    assert single.sample == [[1.0, 2.0, answers[0]["probabilities"][0]]]
    assert single.positive_share == answers[0]["classes"][0]
    assert double.sample == [[1.0, 2.0, answers[1]["probabilities"][0]], [-3.0, 1.0, answers[1]["probabilities"][1]]]
    assert single.mean_confidence == pytest.approx(abs(answers[0]["probabilities"][0] - 0.5) + 0.5)


def test_what_can_be_asked(several: SidecarApp, ask: Client) -> None:
    listed = {model["workload"]: model for model in ask.get("/models").json()["models"]}
    assert set(listed) == {"three", "value"}, "linear has no champion here"
    three = listed["three"]
    assert three["classes"] == ["low", "middle", "high"]
    assert three["features"][0] == {"name": "a", "title": "Length", "unit": "cm", "low": -1, "high": 1}
    assert [feature["name"] for feature in three["features"]] == ["a", "b", "c"]
    assert (three["path"], three["media_types"]) == ("/predict/three", ["application/json"])
    assert (three["data_kind"], three["task"], three["metric"]) == ("rows", "classification", "accuracy")
    assert (three["model"], three["version"], three["dataset_id"]) == ("shifumi-three", 7, 11)
    assert listed["value"]["classes"] == []
    row = [feature["low"] for feature in three["features"]]
    assert ask.post(three["path"], json={"features": [row]}).status_code == 200


def test_only_the_workloads_of_the_setting_are_served(
    settings: Settings, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for workload in (THREE, VALUE):
        monkeypatch.setitem(WORKLOADS, workload.name, workload)
    limited = create_app(settings.model_copy(update={"api_workloads": "value, nothing"}))
    assert list(limited.sidecar.watchers) == ["linear", "value"]
    answer = Client(limited).post("/predict/three", json={"features": [[1, 2, 3]]})
    assert_problem(answer, 404, "not-found")


def test_a_promotion_reaches_both_routes(serving: SidecarApp, client: Client) -> None:
    promotion.promote(SYSTEM, "linear", 1)
    serving.sidecar.watcher.refresh()
    for path in ("/predict", "/predict/linear"):
        body = client.post(path, json={"features": [DISAGREED]}).json()
        assert (body["version"], str(body["classes"][0])) == (1, "1")


@given(body=BODIES)
@hypothesis_settings(
    max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_body_makes_it_fail(ask: Client, body: bytes) -> None:
    for path in ("/predict/three", "/predict/value"):
        answer = ask.post(path, content=body, headers=JSON)
        assert answer.status_code in {200, 400, 422}
        if answer.status_code == 200:
            assert all(map(math.isfinite, answer.json().get("values", [0.0])))
        else:
            assert_problem(answer, answer.status_code, json.loads(answer.content)["type"].rpartition(":")[2])
