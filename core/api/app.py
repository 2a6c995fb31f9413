"""The sidecar's ASGI application: predictions bypass the framework, all other routes use FastAPI."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import __version__
from core.api import problems
from core.api.feedback import take_feedback
from core.api.feedback_schemas import body_description, taken_description
from core.api.health import Health, Ready, health
from core.api.model_list import ModelList, list_models, path_of
from core.api.openapi import FEEDBACK_PROBLEMS, describe, problem_responses
from core.api.predict_base import PredictRoute
from core.api.predict_images import ImageRoute
from core.api.predict_rows import BinaryRowsRoute, RowsRoute
from core.api.problems import Problem, add_handlers
from core.api.route_meter import RouteMeter
from core.api.sidecar import Sidecar
from core.api.token_check import check_token
from core.config.settings import Settings, get_settings
from core.workloads import get_workload

PATH = "/predict"
"""The short route, for the default workload."""

_DESCRIPTION = """Predictions by the current champion of each workload.

Errors follow RFC 9457 (`application/problem+json`); the last part of `type` names the kind of error."""

_METERED = frozenset({"/feedback", "/health", "/ready", "/models", "/metrics", "/docs", "/openapi.json"})
_ANY_METHOD = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]


class SidecarApp:
    """Dispatches predictions to their own routes and measures all others. ``sidecar`` is the shared state of the
    routes.
    """

    def __init__(self, sidecar: Sidecar) -> None:
        self.sidecar = sidecar
        self.predict_routes = predict_routes(sidecar)
        self._rest = _Metered(_framework_app(sidecar), sidecar.metrics.routes)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # No coroutine of its own: that would be one more for each message of a small request to pass through.
        if scope["type"] == "http" and (route := self.predict_routes.get(scope["path"])) is not None:
            return route(scope, receive, send)
        return self._rest(scope, receive, send)


def predict_routes(sidecar: Sidecar) -> dict[str, PredictRoute]:
    """Path → route: the short one, and one per served workload."""
    routes: dict[str, PredictRoute] = {PATH: BinaryRowsRoute(PATH, sidecar.watcher, sidecar)}
    for name, watcher in sidecar.watchers.items():
        kind = ImageRoute if get_workload(name).data_kind == "images" else RowsRoute
        routes[path_of(name)] = kind(path_of(name), watcher, sidecar)
    return routes


def create_app(settings: Settings | None = None) -> SidecarApp:
    """A new application; its background threads start with ASGI's lifespan."""
    return SidecarApp(Sidecar(settings or get_settings()))


class _Metered:
    """Counts and times the framework's responses."""

    def __init__(self, app: ASGIApp, meter: RouteMeter) -> None:
        self._app, self._meter = app, meter

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
            self._meter.count(route, status, time.perf_counter() - started)


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
    app.openapi = describe(app, sidecar)  # type: ignore[method-assign]
    return app


def _add_routes(app: FastAPI, sidecar: Sidecar) -> None:
    @app.get("/health", summary="Liveness and health of the components", responses=problem_responses())
    async def get_health() -> Health:
        return health(sidecar.watchers, sidecar.log, sidecar.catalog_probe)

    @app.get("/ready", summary="Readiness: is a model loaded?", responses=problem_responses(problems.NO_CHAMPION))
    async def get_ready() -> Ready:
        served = sidecar.watcher.current
        if served is None:
            detail = health(sidecar.watchers, sidecar.log, sidecar.catalog_probe).components.model.detail
            raise Problem(problems.NO_CHAMPION, detail, (("retry-after", "5"),))
        return Ready(version=served.version.version)

    @app.get(
        "/models",
        summary="List the models",
        responses=problem_responses(problems.TOKEN_REFUSED, problems.SCOPE_MISSING, problems.CATALOG_UNAVAILABLE),
        openapi_extra={"security": [{"token": []}]},
    )
    async def get_models(request: Request) -> ModelList:
        authorization = request.headers.get("authorization")
        await check_token(sidecar.verifier, None if authorization is None else authorization.encode("latin-1"))
        return list_models(sidecar.watchers.values())

    @app.post(
        "/feedback",
        summary="Say which label was right",
        description="Takes the true label of a prediction, or a list of labels, minutes or weeks after it.",
        response_class=Response,
        responses=problem_responses(*FEEDBACK_PROBLEMS) | {200: taken_description()},
        openapi_extra={"security": [{"token": []}], "requestBody": body_description()},
    )
    async def post_feedback(request: Request) -> Response:
        taken = await take_feedback(sidecar, request)
        return Response(msgspec.json.encode(taken), media_type="application/json")

    @app.api_route("/predict/{workload:path}", methods=_ANY_METHOD, include_in_schema=False)
    async def no_such_workload(workload: str) -> None:
        detail = f"There is no workload {workload[:50]!r}; available are {', '.join(sidecar.watchers)}."
        raise Problem(problems.NOT_FOUND, detail)

    @app.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
    def get_metrics() -> Response:  # in a thread: writing it all down takes a millisecond or two
        return Response(sidecar.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
