"""``POST /predict``: good requests, and every way to get them wrong."""

import json
import math
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.api.app import SidecarApp
from core.auth.tokens import list_tokens
from core.config.settings import Settings
from core.predictions.request_ids import RequestIds
from tests.api.client import Client
from tests.api.making import DISAGREED
from tests.api.problem_shape import assert_problem

JSON = {"Content-Type": "application/json"}


def test_answers_what_the_champion_says(client: Client, serving: SidecarApp) -> None:
    points = [list(DISAGREED), [0.25, 0.5], [-3, 2], [0, 0]]
    answer = client.post("/predict", json={"features": points})
    assert answer.status_code == 200
    body = answer.json()
    served = serving.sidecar.watcher.current
    assert served is not None
    expected = served.predictor.probabilities(np.array(points, dtype=np.float64))[:, 1]
    assert body["probabilities"] == expected.tolist()
    assert body["classes"] == [int(p > 0.5) for p in expected]
    assert body["classes"][0] == 0
    assert (body["model"], body["version"], body["dataset_id"]) == ("shifumi-linear", 2, 2)


class _Undecided:
    """Exactly one half for both classes."""

    classes = ("0", "1")

    def probabilities(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full((len(features), 2), 0.5)


@pytest.mark.parametrize("rows", [1, 3])
def test_one_half_is_not_more_than_one_half(client: Client, serving: SidecarApp, rows: int) -> None:
    current = serving.sidecar.watcher.current
    assert current is not None
    serving.sidecar.watcher.current = replace(current, predictor=_Undecided())
    body = client.post("/predict", json={"features": [[1, 2]] * rows}).json()
    assert body["probabilities"] == [0.5] * rows
    assert body["classes"] == [0] * rows


def test_a_row_is_answered_alike_alone_and_among_others(client: Client) -> None:
    points = np.random.default_rng(5).normal(scale=3, size=(50, 2)).tolist()
    together = client.post("/predict", json={"features": points}).json()["probabilities"]
    alone = [client.post("/predict", json={"features": [point]}).json()["probabilities"][0] for point in points]
    assert alone == pytest.approx(together, rel=1e-12)


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ("", 400, "malformed-json"),
        ("hello", 400, "malformed-json"),
        ('{"features": [[1, 2]]', 400, "malformed-json"),
        ('{"features": [[1, NaN]]}', 400, "malformed-json"),
        ('{"features": [[1, Infinity]]}', 400, "malformed-json"),
        (b'{"features": [[1, 2]], "\xff": 1}', 400, "malformed-json"),
        ("[" * 100_000, 422, "wrong-shape"),
        ('{"features": ' + "[" * 100_000, 422, "wrong-shape"),
        ('{"features": [[1, 1e999]]}', 422, "wrong-shape"),
        ('{"features": [[1, ' + "9" * 400 + "]]}", 422, "wrong-shape"),
        ("[[1, 2]]", 422, "wrong-shape"),
        ("null", 422, "wrong-shape"),
        ("{}", 422, "wrong-shape"),
        ('{"features": null}', 422, "wrong-shape"),
        ('{"features": []}', 422, "wrong-shape"),
        ('{"features": [1, 2]}', 422, "wrong-shape"),
        ('{"features": [[]]}', 422, "wrong-shape"),
        ('{"features": [[1]]}', 422, "wrong-shape"),
        ('{"features": [[1, 2, 3]]}', 422, "wrong-shape"),
        ('{"features": [[1, 2], [3]]}', 422, "wrong-shape"),
        ('{"features": [["1", "2"]]}', 422, "wrong-shape"),
        ('{"features": [[true, false]]}', 422, "wrong-shape"),
        ('{"features": [[null, 2]]}', 422, "wrong-shape"),
        ('{"features": [[1, 2]], "model": "other"}', 422, "wrong-shape"),
        ('{"features": [[1e308, 1e308], [1.7e308, -1.7e308]]}', 422, "out-of-range"),
    ],
)
def test_refuses_what_is_not_rows_of_two_numbers(client: Client, body: str, status: int, slug: str) -> None:
    assert_problem(client.post("/predict", content=body, headers=JSON), status, slug)


def test_says_which_value_is_wrong(client: Client) -> None:
    answer = client.post("/predict", json={"features": [[1, 2], [3, "x"]]})
    assert "$.features[1][1]" in assert_problem(answer, 422, "wrong-shape")["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/csv"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/jsonx"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_refuses_other_formats(client: Client, headers: dict[str, str]) -> None:
    assert_problem(
        client.post("/predict", content=b'{"features":[[1,2]]}', headers=headers), 415, "unsupported-media-type"
    )


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_takes_json_by_any_spelling(client: Client, kind: str) -> None:
    assert client.post("/predict", content=b'{"features":[[1,2]]}', headers={"Content-Type": kind}).status_code == 200


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("text/html, application/*;q=0.5", 200),
        ("*/*", 200),
        ("text/html", 406),
        ("image/*", 406),
    ],
)
def test_answers_json_or_not_at_all(client: Client, accept: str, status: int) -> None:
    answer = client.post("/predict", json={"features": [[1, 2]]}, headers={"Accept": accept})
    assert answer.status_code == status
    if status == 406:
        assert_problem(answer, 406, "not-acceptable")


def test_refuses_more_rows_than_allowed(client: Client, settings: Settings) -> None:
    allowed = [[1, 2]] * settings.predict_max_rows
    answer = client.post("/predict", json={"features": allowed})
    assert answer.status_code == 200
    assert len(answer.json()["classes"]) == settings.predict_max_rows
    assert_problem(client.post("/predict", json={"features": [*allowed, [1, 2]]}), 413, "too-many-rows")


def test_refuses_a_million_rows_without_reading_them(client: Client) -> None:
    body = json.dumps({"features": [[0.12345, 0.98765]] * 1_000_000}).encode()
    assert_problem(client.post("/predict", content=body, headers=JSON), 413, "body-too-large")


def test_counts_bytes_when_no_length_is_declared(client: Client, settings: Settings) -> None:
    """The body has no end: an application that read on would never answer."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"[" * 65_536

    assert_problem(client.post("/predict", content=endless(), headers=JSON), 413, "body-too-large")


def test_a_false_length_does_not_help(client: Client, settings: Settings) -> None:
    body = b" " * (settings.predict_max_bytes + 1)
    answer = client.post("/predict", content=body, headers={**JSON, "Content-Length": "10"})
    assert_problem(answer, 413, "body-too-large")


def test_without_a_champion_it_asks_to_come_back(anonymous: Client, secret: str) -> None:
    answer = anonymous.post("/predict", json={"features": [[1, 2]]}, headers={"Authorization": f"Bearer {secret}"})
    assert_problem(answer, 503, "no-champion")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_takes_post_only(client: Client, method: str) -> None:
    answer = client.request(method, "/predict")
    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


def test_a_broken_model_gives_an_error_that_gives_nothing_away(
    client: Client, serving: SidecarApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: object, _features: object) -> None:
        raise RuntimeError("the secret of /etc/model")

    monkeypatch.setattr("core.workloads.linear.model.LinearPredictor.probabilities", fail)
    answer = client.post("/predict", json={"features": [[1, 2], [3, 4]]})
    body = assert_problem(answer, 500, "internal-error")
    assert body["instance"].startswith("urn:uuid:")
    assert "secret" not in answer.text


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["features", "x"]), inner, max_size=2),
    max_leaves=12,
)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(str.encode),
    JSON_VALUES.map(lambda value: json.dumps(value).encode()),
    st.lists(st.lists(st.floats() | st.integers(), min_size=1, max_size=3), max_size=5).map(
        lambda rows: json.dumps({"features": rows}).encode()
    ),
)


@given(body=BODIES)
@hypothesis_settings(
    max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_body_makes_it_fail(client: Client, body: bytes) -> None:
    answer = client.post("/predict", content=body, headers=JSON)
    assert answer.status_code in {200, 400, 422}
    if answer.status_code == 200:
        assert all(math.isfinite(p) and 0 <= p <= 1 for p in answer.json()["probabilities"])
    else:
        assert_problem(answer, answer.status_code, answer.json()["type"].rpartition(":")[2])


@given(
    headers=st.dictionaries(
        st.sampled_from(["Authorization", "Content-Type", "Accept", "Content-Encoding", "X-Other"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30),
        max_size=5,
    )
)
@hypothesis_settings(
    max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_header_makes_it_fail(client: Client, headers: dict[str, str]) -> None:
    sent = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = client.post("/predict", content=b'{"features": [[1, 2]]}', headers=sent)
    assert answer.status_code in {200, 401, 406, 415}


@pytest.mark.parametrize("path", ["/predict", "/predict/linear"])
@pytest.mark.parametrize("rows", [1, 3])
def test_each_row_has_a_request_id_that_says_what_was_asked_and_told(client: Client, path: str, rows: int) -> None:
    points = [list(DISAGREED), [3.0, 2.5], [-3.0, -2.0]][:rows]
    body = client.post(path, json={"features": points}).json()
    found = [RequestIds().read(one) for one in body["request_ids"]]
    token = list_tokens()[0].id
    assert [one[2:] for one in found] == [
        ("linear", 2, f"token:{token}", str(told), tuple(point))
        for told, point in zip(body["classes"], points, strict=True)
    ]
    assert len({one.number for one in found}) == rows
    assert all(abs(one.at - time.time()) < 60 for one in found)


def test_long_requests_have_no_request_ids(client: Client, serving: SidecarApp) -> None:
    most = serving.sidecar.settings.feedback_max_rows
    assert len(client.post("/predict", json={"features": [[1, 2]] * most}).json()["request_ids"]) == most
    assert client.post("/predict", json={"features": [[1, 2]] * (most + 1)}).json()["request_ids"] == []
