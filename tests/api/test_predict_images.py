"""``POST /predict/{workload}`` for images, answered by the model that ships, in a process of its own."""

import asyncio
import os
import signal
from collections.abc import Iterator
from io import BytesIO

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.api.app import SidecarApp, create_app
from core.api.image_pool import ImagePool
from core.api.predict_images import MEDIA_TYPES
from core.catalog.engine import reading
from core.catalog.tables import PredictionBatch
from core.config.settings import Settings
from core.models.serving import served_starter
from core.predictions.request_ids import RequestIds
from core.vision.decode import decode, encode
from core.vision.detections import Pixels
from core.workloads import of_kind
from tests.api.client import Client
from tests.api.problem_shape import assert_problem
from tests.async_runs import run_async
from tests.exposition import Samples
from tests.hands import sign
from tests.waiting import wait_until

WORKLOAD = of_kind("images")[0].name
PATH = f"/predict/{WORKLOAD}"
JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture(scope="module")
def pool() -> Iterator[ImagePool]:
    """One process for the tests of this file: it takes seconds to start."""
    made = ImagePool(workers=1, waiting=2)
    yield made
    made.stop()


@pytest.fixture
def app(settings: Settings, pool: ImagePool, monkeypatch: pytest.MonkeyPatch) -> Iterator[SidecarApp]:
    monkeypatch.setattr("core.api.sidecar.ImagePool", lambda *_: pool)
    made = create_app(settings)
    made.sidecar.watchers[WORKLOAD].refresh()
    yield made
    made.sidecar.verifier.close()


@pytest.fixture
def ask(app: SidecarApp, secret: str) -> Client:
    return Client(app, {"Authorization": f"Bearer {secret}"})


@pytest.fixture(scope="module")
def picture() -> Pixels:
    return sign(0, seed=3)[0]


def _saved(picture: Pixels, kind: str, **options: object) -> bytes:
    from PIL import Image

    buffer = BytesIO()
    Image.fromarray(np.ascontiguousarray(picture[:, :, ::-1])).save(buffer, kind, **options)
    return buffer.getvalue()


def test_answers_what_the_model_says(ask: Client, app: SidecarApp, picture: Pixels) -> None:
    assert app.sidecar.watchers[WORKLOAD].state == "idle"
    answer = ask.post(f"{PATH}?confidence=0.01", content=encode(picture), headers=JPEG)
    assert answer.status_code == 200, answer.text
    starter = served_starter(WORKLOAD)
    assert starter is not None
    expected = starter.predictor.detect(decode(encode(picture)), 0.01)
    assert len(expected) > 0
    body = answer.json()
    assert [box["label"] for box in body["boxes"]] == [starter.predictor.classes[n] for n in expected.labels]
    assert [box["score"] for box in body["boxes"]] == pytest.approx(expected.scores.tolist(), abs=1e-4)
    corners = [[box[side] for side in ("left", "top", "right", "bottom")] for box in body["boxes"]]
    np.testing.assert_allclose(corners, expected.boxes, atol=0.5)
    assert (body["height"], body["width"]) == picture.shape[:2]
    assert (body["model"], body["version"], body["dataset_id"]) == (f"shifumi-{WORKLOAD}", 0, 0)
    request = RequestIds().read(body["request_id"])
    assert (request.workload, request.version, request.answer) == (WORKLOAD, 0, body["boxes"][0]["label"])
    assert app.sidecar.watchers[WORKLOAD].state == "serving"


def test_the_sidecar_itself_loads_no_model(ask: Client, app: SidecarApp, picture: Pixels) -> None:
    ask.post(PATH, content=encode(picture), headers=JPEG)
    served = app.sidecar.watchers[WORKLOAD].current
    assert served is not None
    assert not hasattr(served.predictor, "detect")


def test_only_boxes_that_are_confident_enough(ask: Client, picture: Pixels) -> None:
    for confidence in (0.05, 0.5, 1):
        boxes = ask.post(f"{PATH}?confidence={confidence}", content=encode(picture), headers=JPEG).json()["boxes"]
        assert all(box["score"] >= confidence for box in boxes)
    assert boxes == []


@pytest.mark.parametrize(
    "query", ["confidence=2", "confidence=-0.1", "confidence=nan", "confidence=x", "confidence=", "size=3"]
)
def test_refuses_other_parameters(ask: Client, picture: Pixels, query: str) -> None:
    answer = ask.post(f"{PATH}?{query}", content=encode(picture), headers=JPEG)
    assert "0 to 1" in assert_problem(answer, 422, "wrong-parameter")["detail"]


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_takes_every_format_that_is_listed(ask: Client, picture: Pixels, kind: str) -> None:
    media = f"image/{kind.lower()}"
    assert media in MEDIA_TYPES
    answer = ask.post(PATH, content=_saved(picture, kind), headers={"Content-Type": media})
    assert (answer.status_code, answer.json()["width"]) == (200, picture.shape[1])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/json"},
        {"Content-Type": "image/svg+xml"},
        {"Content-Type": "image/heic"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "image/jpeg", "Content-Encoding": "gzip"},
    ],
)
def test_refuses_other_media_types(ask: Client, picture: Pixels, headers: dict[str, str]) -> None:
    answer = ask.post(PATH, content=encode(picture), headers=headers)
    detail = assert_problem(answer, 415, "unsupported-media-type")["detail"]
    assert "image/jpeg, image/png" in detail or "Content-Encoding" in detail


def test_refuses_what_is_no_usable_image(ask: Client, picture: Pixels, settings: Settings) -> None:
    whole = encode(picture)
    bomb = _saved(np.zeros((8_000, 8_000, 3), np.uint8), "PNG")
    for body, said in ((b"", "empty"), (b"hello", "not an image"), (whole[:200], "damaged"), (bomb, "million")):
        assert said in assert_problem(ask.post(PATH, content=body, headers=JPEG), 422, "bad-image")["detail"]


def test_refuses_a_body_that_is_too_long(ask: Client, settings: Settings) -> None:
    body = b"x" * (settings.predict_image_max_bytes + 1)
    assert_problem(ask.post(PATH, content=body, headers=JPEG), 413, "body-too-large")


def test_an_image_is_logged_and_counted(app: SidecarApp, ask: Client, picture: Pixels) -> None:
    boxes = ask.post(f"{PATH}?confidence=0.01", content=encode(picture), headers=JPEG).json()["boxes"]
    ask.post(f"{PATH}?confidence=1", content=encode(picture), headers=JPEG)
    ask.post(PATH, content=b"", headers=JPEG)
    app.sidecar.log.start()
    app.sidecar.log.stop()
    with reading() as session:
        some, none = session.scalars(select(PredictionBatch).order_by(PredictionBatch.id))
    assert (some.workload, some.version, some.source, some.rows, some.positive_share) == (WORKLOAD, 0, "api", 1, 1)
    assert some.sample == [list(box.values()) for box in boxes[:5]]
    assert some.mean_confidence == pytest.approx(sum(box["score"] for box in boxes) / len(boxes))
    assert (none.rows, none.positive_share, none.mean_confidence, none.sample) == (1, 0, 0, [])
    samples = Samples(ask.get("/metrics").text)
    assert samples.get("shifumi_predicted_rows_total", workload=WORKLOAD) == 2
    assert samples.get("shifumi_http_requests_total", route=PATH, status="422") == 1


def test_listed_before_and_after_it_is_loaded(app: SidecarApp, ask: Client, picture: Pixels) -> None:
    for _ in range(2):
        (listed,) = ask.get("/models").json()["models"]
        assert (listed["workload"], listed["version"], listed["features"]) == (WORKLOAD, 0, [])
        assert listed["media_types"] == list(MEDIA_TYPES)
        assert listed["classes"] == list(of_kind("images")[0].classes)
        ask.post(PATH, content=encode(picture), headers=JPEG)
    assert ask.get("/health").json()["components"]["models"][WORKLOAD]["state"] == "healthy"


def test_too_many_images_are_turned_away_and_rows_are_not(app: SidecarApp, ask: Client, picture: Pixels) -> None:
    """The pool has three places; who has one sends no body yet."""

    async def ask_all() -> None:
        all_in, arriving = asyncio.Barrier(4), asyncio.Event()
        headers = [(b"content-type", b"image/jpeg"), *_authorization(ask)]
        scope = {"type": "http", "path": PATH, "method": "POST", "headers": headers, "query_string": b""}
        answers: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            await all_in.wait()  # who reads its body has a place
            await arriving.wait()
            return {"type": "http.request", "body": encode(picture)}

        async def send(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                answers.append(message)

        async def at_once() -> dict[str, object]:
            return {"type": "http.request", "body": encode(picture)}

        waiting = [asyncio.create_task(app(scope, receive, send)) for _ in range(3)]  # type: ignore[arg-type]
        await all_in.wait()
        await app(scope, at_once, send)  # type: ignore[arg-type]
        (refused,) = answers
        assert refused["status"] == 503
        assert dict(refused["headers"])[b"retry-after"] == b"1"  # type: ignore[call-overload]
        arriving.set()
        await asyncio.gather(*waiting)
        assert [answer["status"] for answer in answers[1:]] == [200, 200, 200]
        await app(scope, at_once, send)  # type: ignore[arg-type]
        assert answers[-1]["status"] == 200

    run_async(ask_all())


def _authorization(client: Client) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", client._headers["Authorization"].encode())]


def _workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


def test_a_process_that_dies_is_replaced(ask: Client, picture: Pixels) -> None:
    assert ask.post(PATH, content=encode(picture), headers=JPEG).status_code == 200
    (worker,) = _workers()
    worker.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    wait_until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, what="the worker to end")
    first = ask.post(PATH, content=encode(picture), headers=JPEG)
    if first.status_code != 200:  # told that a process was lost, or the pool knew already
        assert_problem(first, 503, "worker-lost")
        assert int(first.headers["retry-after"]) > 0
    assert ask.post(PATH, content=encode(picture), headers=JPEG).status_code == 200


@pytest.mark.skipif(not hasattr(os, "nice"), reason="priorities are set on POSIX")
def test_the_process_yields_to_everything_else(ask: Client, picture: Pixels) -> None:
    ask.post(PATH, content=encode(picture), headers=JPEG)
    (worker,) = _workers()
    assert worker.nice() >= min(19, psutil.Process().nice() + 10)


@given(body=st.binary(max_size=300), cut=st.integers(0, 400), media=st.sampled_from([*MEDIA_TYPES, "image/x", ""]))
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_body_makes_it_fail(ask: Client, picture: Pixels, body: bytes, cut: int, media: str) -> None:
    for sent in (body, encode(picture)[:cut] + body):
        answer = ask.post(PATH, content=sent, headers={"Content-Type": media})
        assert answer.status_code in {200, 415, 422}
        if answer.status_code != 200:
            assert_problem(answer, answer.status_code, answer.json()["type"].rpartition(":")[2])
