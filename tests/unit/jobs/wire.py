"""Prefect's end of the wire, for tests of what is sent and what is made of the answers.

``tests/flows`` and ``tests/pages`` do the same against a real server; this one also gives the answers that a healthy
server never gives.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

Answer = Callable[[], httpx.Response]


@dataclass
class Wire:
    """Answers by method and path; ``sent`` is what came: method, path with query, body."""

    answers: dict[str, list[httpx.Response]] = field(default_factory=dict)
    sent: list[tuple[str, str, Any]] = field(default_factory=list)

    def will(self, method: str, path: str, answer: object = None, status: int = 200) -> None:
        """The next answer to ``method`` ``path``; the last one is repeated."""
        made = httpx.Response(status) if answer is None else httpx.Response(status, json=answer)
        self.answers.setdefault(f"{method} {path}", []).append(made)

    def client(self, _base_url: str) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._answer), base_url="http://prefect/api")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().removeprefix("/api")
        self.sent.append((request.method, path, json.loads(request.content) if request.content else None))
        waiting = self.answers[f"{request.method} {path.partition('?')[0]}"]
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


def flow_run(run_id: str = "run-1", state: str = "RUNNING", **more: Any) -> dict[str, Any]:
    """A flow run in Prefect's own fields."""
    told = {"type": state, "name": state.capitalize(), "message": "", "timestamp": "2026-01-01T00:00:09Z"}
    return {"id": run_id, "name": "brave-bee", "flow_id": "flow-1", "state": told, **more}
