"""Request bodies, read with a cap on bytes and time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Generator
from types import TracebackType
from typing import Any

from starlette.types import Message, Receive

from core.api.problems import BODY_TIMEOUT, BODY_TOO_LARGE, Problem

_DRAIN_S = 2.0


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete: there is nobody to answer."""


class _Begun(Generator[Any, Any, Message]):
    """An awaitable whose first step was taken by hand: it waits for ``awaited`` and then goes on with ``rest``."""

    def __init__(self, awaited: Any, rest: Generator[Any, Any, Message]) -> None:
        self._awaited, self._rest, self._handed_on = awaited, rest, False

    def __await__(self) -> Generator[Any, Any, Message]:
        return self

    def send(self, value: Any) -> Any:
        if self._handed_on:
            return self._rest.send(value)
        self._handed_on = True
        return self._awaited

    def throw(self, kind: Any, value: Any = None, traceback: TracebackType | None = None) -> Any:
        return self._rest.throw(kind if value is None else value)


class RequestBody:
    """The body of one request. ``complete``: all of it was received."""

    __slots__ = ("_begun", "_receive", "complete")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._begun: bytes | _Begun = b""
        self.complete = False

    async def read(self, declared: bytes | None, limit: int, timeout_s: float) -> bytes:
        """The whole body; ``declared`` is its Content-Length, if it has one.

        Stops reading at once and raises :class:`Problem` when it is longer than ``limit`` bytes or takes
        longer than ``timeout_s``; raises :class:`ClientGoneError`.
        """
        body = self.read_available(declared, limit)
        return await self.read_remaining(limit, timeout_s) if body is None else body

    def read_available(self, declared: bytes | None, limit: int) -> bytes | None:
        """The whole body when it lies there already, as it usually does: a timer costs as much as the answer.

        None when it has to be waited for, with :meth:`read_remaining`. Raises as :meth:`read` does.
        """
        if declared is not None and declared.isdigit() and int(declared) > limit:
            raise _too_large(limit)
        waiting = self._receive().__await__()
        try:
            awaited = next(waiting)
        except StopIteration as arrived:
            first = self._chunk(arrived.value)
            if self.complete and len(first) <= limit:
                return first
            self._begun = first
        else:
            self._begun = _Begun(awaited, waiting)
        return None

    async def read_remaining(self, limit: int, timeout_s: float) -> bytes:
        """The whole body, once :meth:`read_available` had to give up. Raises as :meth:`read` does."""
        return await _within(timeout_s, self._collect(limit, self._begun))

    async def _collect(self, limit: int, first: bytes | _Begun) -> bytes:
        parts = [first if isinstance(first, bytes) else self._chunk(await first)]
        size = len(parts[0])
        while size <= limit and not self.complete:
            parts.append(await self._next())
            size += len(parts[-1])
        if size > limit:
            raise _too_large(limit)
        return b"".join(parts)

    async def _next(self) -> bytes:
        return self._chunk(await self._receive())

    def _chunk(self, message: Message) -> bytes:
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        self.complete = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk

    async def drain(self) -> None:
        """Receive and forget, for a moment: closing on a client that still sends would cost it our answer."""
        deadline = time.monotonic() + _DRAIN_S
        try:
            async with asyncio.timeout(_DRAIN_S):
                # The clock is read too: when there is always a next part, the loop never gets to the time-out.
                while not self.complete and time.monotonic() < deadline:
                    await self._next()
        except (TimeoutError, ClientGoneError):
            return


async def _within(timeout_s: float, rest: Coroutine[Any, Any, bytes]) -> bytes:
    try:
        async with asyncio.timeout(timeout_s):
            return await rest
    except TimeoutError:
        detail = f"The whole body must arrive within {timeout_s:g} seconds. Send less, or use a faster connection."
        raise Problem(BODY_TIMEOUT, detail) from None


def _too_large(limit: int) -> Problem:
    return Problem(
        BODY_TOO_LARGE, f"A request may have at most {limit:,} bytes. Split it, or upload a CSV on the Predict page."
    )
