"""The sidecar's application: ``/predict`` on its own short path, everything else through FastAPI."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Response
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import __version__
from core.api import problems
from core.api.health import Health, Ready, health
from core.api.metrics import Metrics
from core.api.openapi import describe, problem_responses
from core.api.predict import PATH, PredictEndpoint
from core.api.problems import Problem, add_handlers
from core.api.sidecar import Sidecar
from core.config.settings import Settings, get_settings

_DESCRIPTION = """Predictions by the champion that Shifumi keeps improving.

Errors have one shape, RFC 9457 (`application/problem+json`); the end of `type` names the kind of error."""

_METERED = frozenset({"/health", "/ready", "/metrics", "/docs", "/openapi.json"})


class SidecarApp:
    """Sends ``/predict`` its short way and meters the rest. ``sidecar`` is what the routes share."""

    def __init__(self, sidecar: Sidecar) -> None:
        self.sidecar = sidecar
        self._predict = PredictEndpoint(
            sidecar.settings, sidecar.watcher, sidecar.verifier, sidecar.log, sidecar.metrics
        )
        self._rest = _Metered(_framework_app(sidecar), sidecar.metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH:
            await self._predict(scope, receive, send)
        else:
            await self._rest(scope, receive, send)


def create_app(settings: Settings | None = None) -> SidecarApp:
    """A new application; its background threads start with ASGI's lifespan."""
    return SidecarApp(Sidecar(settings or get_settings()))


class _Metered:
    """Counts and times what the framework answers."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        # Invented paths share one label: they must not fill Prometheus.
        route = scope["path"] if scope["path"] in _METERED else "other"
        try:
            await self._app(scope, receive, noting)
        finally:
            self._metrics.count(route, status, time.perf_counter() - started)


def _framework_app(sidecar: Sidecar) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        sidecar.start()
        yield
        await asyncio.to_thread(sidecar.stop)

    app = FastAPIOffline(
        redoc_url=None, title="Shifumi", version=__version__, description=_DESCRIPTION, lifespan=lifespan
    )
    add_handlers(app)
    _add_routes(app, sidecar)
    app.openapi = describe(app, sidecar.settings)  # type: ignore[method-assign]
    return app


def _add_routes(app: FastAPI, sidecar: Sidecar) -> None:
    @app.get("/health", summary="Is it alive, and is everything well?", responses=problem_responses())
    async def get_health() -> Health:
        return health(sidecar.watcher, sidecar.log, sidecar.pulse)

    @app.get("/ready", summary="Is a model loaded?", responses=problem_responses(problems.NO_CHAMPION))
    async def get_ready() -> Ready:
        served = sidecar.watcher.current
        if served is None:
            detail = health(sidecar.watcher, sidecar.log, sidecar.pulse).components.model.detail
            raise Problem(problems.NO_CHAMPION, detail, (("retry-after", "5"),))
        return Ready(version=served.version.version)

    @app.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
    def get_metrics() -> Response:  # in a thread: writing it all down takes a millisecond or two
        return Response(sidecar.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
