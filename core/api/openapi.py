"""OpenAPI description of the prediction routes, for ``/docs`` and ``/openapi.json``.

FastAPI describes the other routes. These are bare ASGI endpoints, so their description is generated from the structures
that decode and encode their bodies, and from the workloads' features.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from core.api import problems
from core.api.feedback_schemas import Label, Taken
from core.api.model_list import path_of
from core.api.predict_images import CONFIDENCE, MEDIA_TYPES, BoxesAnswer
from core.api.problems import Kind, ProblemBody
from core.api.row_schemas import PredictAnswer, example_row, request_type, response_type
from core.api.sidecar import Sidecar
from core.config.settings import Settings
from core.models.registry import model_name
from core.workloads import DEFAULT, get_workload
from core.workloads.base import Workload, feature_names

_REFERENCE = "#/components/schemas/{name}"
_IMAGES_ONLY = {problems.BAD_IMAGE, problems.WRONG_PARAMETER, problems.OVERLOADED, problems.WORKER_LOST}
_ROWS_ONLY = {problems.MALFORMED_JSON, problems.TOO_MANY_ROWS, problems.WRONG_SHAPE, problems.OUT_OF_RANGE}
_SCOPES = "An API token with the scope `predict`; for `/feedback` with the scope `feedback`"
_REQUEST_ID = "EwCUpmxpbmVhcgOndG9rZW46MaEx8HBtjiJgGSgAypo7mpmZmZmZ2T9m"
_OF_FEEDBACK = {
    problems.ROLE_MISSING,
    problems.FOREIGN_REQUEST,
    problems.UNKNOWN_REQUEST,
    problems.EXPIRED_REQUEST,
    problems.TOO_MANY_LABELS,
    problems.WRONG_FEEDBACK,
    problems.UNKNOWN_LABEL,
    problems.RATE_LIMITED,
}
_ELSEWHERE = {problems.NOT_FOUND} | _OF_FEEDBACK
FEEDBACK_PROBLEMS = (
    *_OF_FEEDBACK,
    problems.MALFORMED_JSON,
    problems.TOKEN_REFUSED,
    problems.SCOPE_MISSING,
    problems.BODY_TIMEOUT,
    problems.BODY_TOO_LARGE,
    problems.UNSUPPORTED_MEDIA_TYPE,
    problems.CATALOG_UNAVAILABLE,
)
"""What ``POST /feedback`` may answer besides 200."""


def describe(app: FastAPI, sidecar: Sidecar) -> Callable[[], dict[str, Any]]:
    """The function to assign to ``app.openapi``."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _schema(app, sidecar.settings, [get_workload(name) for name in sidecar.watchers])
        return app.openapi_schema

    return openapi


def problem_responses(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's description of a route's error responses."""
    by_status: dict[int | str, list[str]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(f"{kind.title} (`{kind.slug}`)")
    reference = {"schema": {"$ref": "#/components/schemas/ProblemBody"}}
    return {
        status: {"description": "; ".join(texts), "content": {problems.MEDIA_TYPE: reference}}
        for status, texts in by_status.items()
    }


def _schema(app: FastAPI, settings: Settings, workloads: list[Workload]) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    parts = schema.setdefault("components", {})
    parts.setdefault("schemas", {}).update(_components(workloads, settings))
    parts["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": _SCOPES,
        }
    }
    default = get_workload(DEFAULT)
    schema["paths"]["/predict"] = {"post": _short(default, settings)}
    for workload in workloads:
        operation = _images if workload.data_kind == "images" else _rows
        schema["paths"][path_of(workload.name)] = {"post": operation(workload, settings)}
    return schema


def _components(workloads: Iterable[Workload], settings: Settings) -> dict[str, Any]:
    rows = [workload for workload in workloads if workload.data_kind == "rows"]
    requests = [request_type(workload) for workload in rows]
    types = {PredictAnswer, ProblemBody, BoxesAnswer, Label, Taken, *map(response_type, rows)}
    _, components = msgspec.json.schema_components([*requests, *types], ref_template=_REFERENCE)
    for request in requests:
        limits = {"minItems": 1, "maxItems": settings.predict_max_rows}
        components[request.__name__]["properties"]["features"] |= limits
    return components


def _short(workload: Workload, settings: Settings) -> dict[str, Any]:
    values = {"classes": [1], "probabilities": [0.83], "request_ids": [_REQUEST_ID]}
    return {
        "summary": f"Predict with the default workload, {workload.name}",
        "description": f"Class (0 or 1) and probability of class 1, {_limits(settings)}.",
        "operationId": "predict",
        **_json_bodies(workload, "PredictAnswer", values),
    }


def _rows(workload: Workload, settings: Settings) -> dict[str, Any]:
    values: dict[str, Any] = {"values": [0.5]}
    if workload.task != "regression":
        # User-defined labels are not public: GET /models, which requires a token, lists them.
        values = {"classes": ["a label"], "probabilities": [[0.83, 0.17]], "request_ids": [_REQUEST_ID]}
    asked = "Value" if workload.task == "regression" else "Class and probabilities"
    names = ", ".join(feature_names(workload))
    return {
        "summary": f"Predict with {workload.name}",
        "description": f"{workload.title}: {asked} per row of {names}, {_limits(settings)}.",
        "operationId": f"predict-{workload.name}",
        **_json_bodies(workload, response_type(workload).__name__, values),
    }


def _images(workload: Workload, settings: Settings) -> dict[str, Any]:
    box = {"label": "a label", "score": 0.91, "left": 12.5, "top": 40.0, "right": 220.0, "bottom": 310.0}
    answer = {"boxes": [box], "width": 640, "height": 480, **_origin(workload), "request_id": _REQUEST_ID}
    least = {"type": "number", "minimum": 0, "maximum": 1, "default": CONFIDENCE}
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {
        "summary": f"Predict with {workload.name}",
        "description": (
            f"{workload.title}: predict one image of up to {settings.predict_image_max_bytes:,} bytes and "
            f"{settings.image_max_pixels:,} pixels. The body is the image itself."
        ),
        "operationId": f"predict-{workload.name}",
        "security": [{"token": []}],
        "parameters": [
            {"name": "confidence", "in": "query", "schema": least, "description": "Minimum confidence of a box"}
        ],
        "requestBody": {"required": True, "content": dict.fromkeys(MEDIA_TYPES, binary)},
        "responses": _responses("Boxes, most confident first", "BoxesAnswer", answer, _ROWS_ONLY),
    }


def _json_bodies(workload: Workload, answer: str, values: dict[str, Any]) -> dict[str, Any]:
    request = _json(request_type(workload).__name__, {"features": [example_row(workload)]})
    example = {**values, **_origin(workload)}
    return {
        "security": [{"token": []}],
        "requestBody": {"required": True, "content": request},
        "responses": _responses("One prediction per row", answer, example, _IMAGES_ONLY),
    }


def _responses(success: str, name: str, example: dict[str, Any], never: set[Kind]) -> dict[str, Any]:
    possible = (kind for kind in problems.KINDS if kind not in _ELSEWHERE | never)
    failures = {str(status): failure for status, failure in problem_responses(*possible).items()}
    return {"200": {"description": success, "content": _json(name, example)}, **failures}


def _json(name: str, example: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(name=name)}, "example": example}}


def _origin(workload: Workload) -> dict[str, Any]:
    return {"model": model_name(workload.name), "version": 3, "dataset_id": 4}


def _limits(settings: Settings) -> str:
    return f"for up to {settings.predict_max_rows:,} rows ({settings.predict_max_bytes:,} bytes)"
