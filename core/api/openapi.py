"""The description of ``/predict`` for ``/docs`` and ``/openapi.json``.

The other routes describe themselves. This one is a bare endpoint, so its part is made from the same
structures that read and write its bodies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from core.api import problems
from core.api.predict import PATH, PredictAnswer, PredictRequest
from core.api.problems import Kind, ProblemBody
from core.config.settings import Settings

_ELSEWHERE = {problems.NOT_FOUND}


def describe(app: FastAPI, settings: Settings) -> Callable[[], dict[str, Any]]:
    """What to set as ``app.openapi``."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _schema(app, settings)
        return app.openapi_schema

    return openapi


def problem_responses(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's description of what a route may answer instead of success."""
    by_status: dict[int | str, list[str]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(f"{kind.title} (`{kind.slug}`)")
    reference = {"schema": {"$ref": "#/components/schemas/ProblemBody"}}
    return {
        status: {"description": "; ".join(texts), "content": {problems.MEDIA_TYPE: reference}}
        for status, texts in by_status.items()
    }


def _schema(app: FastAPI, settings: Settings) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    types = [PredictRequest, PredictAnswer, ProblemBody]
    _, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    parts = schema.setdefault("components", {})
    parts.setdefault("schemas", {}).update(components)
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "An API token with the scope `predict`"}
    }
    rows = parts["schemas"]["PredictRequest"]["properties"]["features"]
    rows |= {"minItems": 1, "maxItems": settings.predict_max_rows}
    schema["paths"][PATH] = {"post": _operation(settings)}
    return schema


def _operation(settings: Settings) -> dict[str, Any]:
    def body(name: str, example: dict[str, Any]) -> dict[str, Any]:
        return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}, "example": example}}

    answer = {
        "classes": [1],
        "probabilities": [0.83],
        "model": "shifumi-linear",
        "version": 3,
        "dataset_id": 4,
    }
    failures = problem_responses(*(kind for kind in problems.KINDS if kind not in _ELSEWHERE))
    success = {"description": "One class and probability per row", "content": body("PredictAnswer", answer)}
    return {
        "summary": "Predict",
        "description": (
            f"Class and probability for up to {settings.predict_max_rows:,} points "
            f"({settings.predict_max_bytes:,} bytes) by the champion."
        ),
        "operationId": "predict",
        "security": [{"token": []}],
        "requestBody": {"required": True, "content": body("PredictRequest", {"features": [[0.4, 0.7]]})},
        "responses": {"200": success, **{str(status): failure for status, failure in failures.items()}},
    }
