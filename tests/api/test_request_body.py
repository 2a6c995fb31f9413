"""Bodies that arrive slowly, in pieces, or not at all."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from core.api.app import SidecarApp, create_app
from core.config.settings import Settings
from core.workloads.linear.model import LinearPredictor
from tests.async_runs import run_async

Message = MutableMapping[str, Any]


@pytest.fixture
def impatient(champion: Settings) -> SidecarApp:
    """Waits a tenth of a second for a body."""
    made = create_app(champion.model_copy(update={"predict_body_timeout_s": 0.1}))
    made.sidecar.watcher.refresh()
    return made


async def _call(
    app: SidecarApp, secret: str, receive: Callable[[], Awaitable[Message]], *more: tuple[bytes, bytes]
) -> list[Message]:
    headers = [(b"authorization", f"Bearer {secret}".encode()), (b"content-type", b"application/json"), *more]
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"type": "http", "path": "/predict", "method": "POST", "headers": headers}, receive, send)
    return sent


def test_a_body_that_never_ends_runs_into_a_time_out(impatient: SidecarApp, secret: str) -> None:
    async def stalled() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    head, first, last = run_async(asyncio.wait_for(_call(impatient, secret, stalled), timeout=10))
    assert head["status"] == 408
    assert dict(head["headers"])[b"content-type"] == b"application/problem+json"
    assert dict(head["headers"])[b"connection"] == b"close"
    assert msgspec.json.decode(first["body"])["type"] == "urn:shifumi:problem:body-timeout"
    assert not last.get("more_body", False)


def test_a_declared_length_is_enough_to_be_refused(impatient: SidecarApp, secret: str) -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    sent = run_async(_call(impatient, secret, gone, (b"content-length", b"20000000")))
    assert sent[0]["status"] == 413


def test_a_long_body_leaves_the_event_loop_free(
    impatient: SidecarApp, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    loops: list[threading.Thread] = []
    answer = LinearPredictor.probabilities

    def noting(predictor: LinearPredictor, features: NDArray[np.float64]) -> NDArray[np.float64]:
        threads.append(threading.current_thread())
        return answer(predictor, features)

    monkeypatch.setattr(LinearPredictor, "probabilities", noting)
    for rows in (2, 9_000):
        body = msgspec.json.encode({"features": [[0.123456789012345, 0.987654321098765]] * rows})

        async def at_once(body: bytes = body) -> Message:
            loops.append(threading.current_thread())
            return {"type": "http.request", "body": body}

        assert run_async(_call(impatient, secret, at_once))[0]["status"] == 200
    small, large = threads
    assert small is loops[0]
    assert large not in loops


def test_a_body_in_pieces_is_put_together(impatient: SidecarApp, secret: str) -> None:
    parts = [b'{"fea', b'tures"', b": [[1,", b" 2]]}"]

    async def dripping() -> Message:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    head, body = run_async(_call(impatient, secret, dripping))
    assert head["status"] == 200
    assert len(msgspec.json.decode(body["body"])["classes"]) == 1


def test_nobody_is_answered_when_the_client_is_gone(impatient: SidecarApp, secret: str) -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b'{"features"', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def leaving() -> Message:
        return messages.pop(0)

    assert run_async(_call(impatient, secret, leaving)) == []
    assert b'route="/predict",status="499"} 1.0' in impatient.sidecar.metrics.exposition()
