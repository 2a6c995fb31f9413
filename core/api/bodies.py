"""Request bodies, read with a cap on bytes and time."""

from __future__ import annotations

import asyncio
import time

from starlette.types import Receive

from core.api.problems import BODY_TIMEOUT, BODY_TOO_LARGE, Problem

_LINGER_S = 2.0


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete: there is nobody to answer."""


class Incoming:
    """The body of one request. ``complete``: all of it was received."""

    __slots__ = ("_receive", "complete")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.complete = False

    async def read(self, declared: bytes | None, limit: int, timeout_s: float) -> bytes:
        """The whole body; ``declared`` is its Content-Length, if it has one.

        Stops reading at once and raises :class:`Problem` when it is longer than ``limit`` bytes or takes
        longer than ``timeout_s``; raises :class:`ClientGoneError`.
        """
        if declared is not None and declared.isdigit() and int(declared) > limit:
            raise _too_large(limit)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._collect(limit)
        except TimeoutError:
            detail = f"The whole body must arrive within {timeout_s:g} seconds. Send less, or over a faster line."
            raise Problem(BODY_TIMEOUT, detail) from None

    async def _collect(self, limit: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        while not self.complete:
            chunk = await self._next()
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            parts.append(chunk)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        self.complete = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk

    async def linger(self) -> None:
        """Receive and forget, for a moment: closing on a client that still sends would cost it our answer."""
        deadline = time.monotonic() + _LINGER_S
        try:
            async with asyncio.timeout(_LINGER_S):
                # The clock is read too: when there is always a next part, the loop never gets to the time-out.
                while not self.complete and time.monotonic() < deadline:
                    await self._next()
        except (TimeoutError, ClientGoneError):
            return


def _too_large(limit: int) -> Problem:
    return Problem(
        BODY_TOO_LARGE, f"A request may have {limit:,} bytes. Split it, or upload a CSV on the Predict page."
    )
