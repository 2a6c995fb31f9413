"""Bodies part by part: what is read, where reading stops, and what is listened to afterwards."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.api import request_body
from core.api.problems import BODY_TIMEOUT, BODY_TOO_LARGE, NOT_FOUND, Problem
from core.api.request_body import ClientGoneError, RequestBody
from core.api.responses import json_head, send_problem
from tests.async_runs import run_async

GONE = {"type": "http.disconnect"}


def part(body: bytes = b"", more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


class Client:
    """Sends these parts, and then nothing any more. ``late``: each part takes a turn of the loop to arrive."""

    def __init__(self, *parts: dict[str, Any], late: bool = False) -> None:
        self.parts, self._late = list(parts), late

    async def receive(self) -> dict[str, Any]:
        if self._late:
            await asyncio.sleep(0)
        if not self.parts:
            await asyncio.Event().wait()
        return self.parts.pop(0)


def read(client: Client, declared: bytes | None = None, limit: int = 10, timeout_s: float = 5.0) -> bytes:
    return run_async(RequestBody(client.receive).read(declared, limit, timeout_s))


@pytest.mark.parametrize("late", [False, True])
def test_the_parts_are_put_together(late: bool) -> None:
    assert read(Client(part(b"whole"), late=late)) == b"whole"
    assert read(Client(part(b"in ", True), part(b"", True), part(b"parts"), late=late)) == b"in parts"
    assert read(Client({"type": "http.request"}, late=late)) == b""


@pytest.mark.parametrize("late", [False, True])
def test_ten_bytes_are_allowed_and_eleven_are_not(late: bool) -> None:
    assert read(Client(part(b"x" * 10), late=late)) == b"x" * 10
    assert read(Client(part(b"x" * 4, True), part(b"x" * 6), late=late)) == b"x" * 10
    for client in (Client(part(b"x" * 11), late=late), Client(part(b"x" * 5, True), part(b"x" * 6, True), late=late)):
        with pytest.raises(Problem) as refusal:
            read(client)
        assert refusal.value.kind is BODY_TOO_LARGE
        assert "at most 10 bytes" in refusal.value.detail


def test_a_declared_length_is_believed_when_it_is_too_long() -> None:
    client = Client(part(b"x"))
    with pytest.raises(Problem) as refusal:
        read(client, declared=b"11")
    assert refusal.value.kind is BODY_TOO_LARGE
    assert client.parts, "nothing was read"
    for declared in (b"10", b"-1", b"many", None):
        assert read(Client(part(b"x")), declared=declared) == b"x"


def test_who_sends_no_more_runs_into_the_time_out() -> None:
    with pytest.raises(Problem) as refusal:
        read(Client(part(b"x", True)), timeout_s=0.01)
    assert refusal.value.kind is BODY_TIMEOUT
    assert refusal.value.detail.startswith("The whole body must arrive within 0.01 seconds.")


@pytest.mark.parametrize("late", [False, True])
def test_a_client_that_is_gone(late: bool) -> None:
    for client in (Client(GONE, late=late), Client(part(b"x", True), GONE, late=late)):
        with pytest.raises(ClientGoneError):
            read(client)


def test_what_lies_there_is_taken_at_once_and_is_complete() -> None:
    async def ask() -> None:
        whole = RequestBody(Client(part(b"whole")).receive)
        assert not whole.complete
        assert whole.read_available(None, 10) == b"whole" and whole.complete
        begun = RequestBody(Client(part(b"be", True), part(b"gun")).receive)
        assert begun.read_available(None, 10) is None and not begun.complete
        assert await begun.read_remaining(10, 5.0) == b"begun" and begun.complete

    run_async(ask())


def test_listening_ends_with_the_body_with_the_client_and_with_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_body, "_DRAIN_S", 0.02)

    async def listen(client: Client) -> RequestBody:
        incoming = RequestBody(client.receive)
        await asyncio.wait_for(incoming.drain(), timeout=5)
        return incoming

    ended = Client(part(b"a", True), part(b"b"), part(b"of the next request"))
    assert run_async(listen(ended)).complete
    assert len(ended.parts) == 1
    assert not run_async(listen(Client(part(b"a", True), GONE))).complete
    assert not run_async(listen(Client(part(b"a", True)))).complete


def answered(client: Client, problem: Problem, *, read_first: bool, drain: bool = True) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def answer() -> None:
        incoming = RequestBody(client.receive)
        if read_first:
            await incoming.read(None, 100, 5.0)
        await send_problem(send, problem, incoming, drain=drain)

    run_async(answer())
    return sent


def test_a_problem_on_the_wire() -> None:
    problem = Problem(NOT_FOUND, "Nothing here.", (("retry-after", "5"),), "urn:uuid:1")
    head, first, last = answered(Client(part(b"x")), problem, read_first=True)
    body = problem.encoded()
    assert head == {
        "type": "http.response.start",
        "status": 404,
        "headers": [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
            (b"retry-after", b"5"),
        ],
    }
    assert first == {"type": "http.response.body", "body": body, "more_body": True}
    assert last == {"type": "http.response.body", "body": b""}


def test_who_still_sends_is_hung_up_on() -> None:
    client = Client(part(b"a", True), part(b"b"))
    head, *_ = answered(client, Problem(NOT_FOUND, "x"), read_first=False)
    assert head["headers"][-1] == (b"connection", b"close")
    assert client.parts == [], "it was listened to before"
    client = Client(part(b"a", True), part(b"b"))
    answered(client, Problem(NOT_FOUND, "x"), read_first=False, drain=False)
    assert len(client.parts) == 2


def test_the_head_of_an_answer() -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"7")]
    assert json_head(7) == {"type": "http.response.start", "status": 200, "headers": headers}
