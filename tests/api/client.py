"""httpx on an application in this process, called like a function."""

from collections.abc import Mapping
from typing import Any

import httpx
from starlette.types import ASGIApp

from tests.async_runs import run_async


class Client:
    """Each request runs in an event loop of its own; errors that nobody caught come back as answers."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] | None = None) -> None:
        self._app = app
        self._headers = dict(headers or {})

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return run_async(self._request(method, path, options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    async def _request(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://sidecar", headers=self._headers, timeout=20
        ) as client:
            return await client.request(method, path, **options)
