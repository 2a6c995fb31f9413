"""What the routes that predict have in common: bare ASGI endpoints, without a framework.

The framework's own path (middleware, routing, validation, a thread per call) takes several times as long
as a small answer itself, so these routes do without.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Mapping

from starlette.types import Receive, Scope, Send

from core.api import problems
from core.api.negotiation import require_json_wanted
from core.api.problems import Problem
from core.api.request_body import ClientGoneError, RequestBody
from core.api.responses import json_head, send_problem
from core.api.sidecar import Sidecar
from core.api.token_check import TokenGate, check_token
from core.models.serving import ChampionWatcher

Headers = Mapping[bytes, bytes]

_CLIENT_GONE = 499  # nginx's number; nobody receives it, the metrics count it


class PredictRoute(ABC):
    """``POST path``: the ASGI application behind one route. ``watcher`` knows the model that answers."""

    def __init__(self, path: str, watcher: ChampionWatcher, sidecar: Sidecar) -> None:
        self.path, self.watcher = path, watcher
        self._settings = sidecar.settings
        self._verifier, self._gate = sidecar.verifier, TokenGate(sidecar.verifier)
        self._log, self._ids = sidecar.log, sidecar.request_ids
        self._meter = sidecar.metrics.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        incoming = RequestBody(receive)
        status = 200
        try:
            if scope["method"] != "POST":
                raise Problem(problems.METHOD_NOT_ALLOWED, self._what_to_send, (("allow", "POST"),))
            headers = dict(scope["headers"])
            authorization = headers.get(b"authorization")
            person = self._gate.passes(authorization)
            if person is None:
                person = (await check_token(self._verifier, authorization)).person
            if (accept := headers.get(b"accept")) is not None:
                require_json_wanted(accept)
            answer = self._answer(scope, headers, incoming, person)
            if not isinstance(answer, bytes):
                answer = await answer
            await send(json_head(len(answer)))
            await send({"type": "http.response.body", "body": answer})
        except Problem as problem:
            status = problem.kind.status
            await send_problem(send, problem, incoming)
        except ClientGoneError:
            status = _CLIENT_GONE
        except asyncio.CancelledError:
            # The server stops and this request took longer than it waits: the last word is ours.
            last = Problem(problems.SHUTTING_DOWN, "Nothing was predicted. Send it again in a moment.", problems.RETRY)
            status = last.kind.status
            await send_problem(send, last, incoming, drain=False)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets our shape and the log the reason
            status = 500
            await send_problem(send, problems.unexpected(error, self.path), incoming)
        self._meter.count(self.path, status, time.perf_counter() - started)

    @property
    @abstractmethod
    def _what_to_send(self) -> str:
        """One sentence that ends what is said about a wrong request."""

    @abstractmethod
    def _answer(self, scope: Scope, headers: Headers, incoming: RequestBody, person: str) -> bytes | Awaitable[bytes]:
        """The encoded answer to ``person``, who may ask, at once if nothing has to be waited for: a coroutine more
        costs as much as the prediction. Raises :class:`Problem`, also when it is awaited."""


def no_champion() -> Problem:
    """503: there is no model yet."""
    detail = "There is no model yet. Train one on the Train page; /health shows details."
    return Problem(problems.NO_CHAMPION, detail, problems.RETRY)
