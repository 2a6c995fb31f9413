"""Writes answers to the wire, without a framework."""

from __future__ import annotations

from functools import lru_cache

from starlette.types import Message, Send

from core.api.problems import MEDIA_TYPE, Problem
from core.api.request_body import RequestBody

_JSON = (b"content-type", b"application/json")


@lru_cache(maxsize=1_024)
def json_head(length: int) -> Message:
    """The status 200 and the headers for an encoded body of ``length`` bytes; shared, so leave it as it is."""
    headers = [_JSON, (b"content-length", b"%d" % length)]
    return {"type": "http.response.start", "status": 200, "headers": headers}


async def send_problem(send: Send, problem: Problem, incoming: RequestBody, *, drain: bool = True) -> None:
    """Answer with a problem; a client that still sends is listened to for a moment, then hung up on."""
    body = problem.encoded()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.encode(), value.encode()) for name, value in problem.headers),
    ]
    if not incoming.complete:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": problem.kind.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if drain:
        await incoming.drain()
    await send({"type": "http.response.body", "body": b""})
