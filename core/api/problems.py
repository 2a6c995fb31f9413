"""All errors have one format: RFC 9457, ``application/problem+json``."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple
from uuid import uuid4

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from loguru import logger
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"

Headers = Sequence[tuple[str, str]]


class Kind(NamedTuple):
    """A kind of error. ``slug`` ends the problem's ``type``, which clients use to distinguish errors."""

    status: int
    slug: str
    title: str


MALFORMED_JSON = Kind(400, "malformed-json", "Invalid JSON")
TOKEN_REFUSED = Kind(401, "token-refused", "Missing or invalid token")
SCOPE_MISSING = Kind(403, "scope-missing", "Insufficient token scope")
ROLE_MISSING = Kind(403, "role-missing", "Insufficient role")
FOREIGN_REQUEST = Kind(403, "foreign-request", "Request of another account")
NOT_FOUND = Kind(404, "not-found", "Not found")
UNKNOWN_REQUEST = Kind(404, "unknown-request", "Unknown request id")
METHOD_NOT_ALLOWED = Kind(405, "method-not-allowed", "Method not allowed")
NOT_ACCEPTABLE = Kind(406, "not-acceptable", "Not acceptable")
BODY_TIMEOUT = Kind(408, "body-timeout", "Request timeout")
EXPIRED_REQUEST = Kind(410, "expired-request", "Request expired")
BODY_TOO_LARGE = Kind(413, "body-too-large", "Request body too large")
TOO_MANY_ROWS = Kind(413, "too-many-rows", "Too many rows")
TOO_MANY_LABELS = Kind(413, "too-many-labels", "Too many labels")
UNSUPPORTED_MEDIA_TYPE = Kind(415, "unsupported-media-type", "Unsupported media type")
WRONG_SHAPE = Kind(422, "wrong-shape", "Wrong shape of features")
OUT_OF_RANGE = Kind(422, "out-of-range", "Numbers out of range")
WRONG_PARAMETER = Kind(422, "wrong-parameter", "Invalid query parameter")
WRONG_FEEDBACK = Kind(422, "wrong-feedback", "Wrong shape of feedback")
UNKNOWN_LABEL = Kind(422, "unknown-label", "Unknown label")
BAD_IMAGE = Kind(422, "bad-image", "Unusable image")
RATE_LIMITED = Kind(429, "rate-limited", "Too many labels in an hour")
INTERNAL_ERROR = Kind(500, "internal-error", "Internal server error")
NO_CHAMPION = Kind(503, "no-champion", "No model available")
OVERLOADED = Kind(503, "overloaded", "Image queue is full")
WORKER_LOST = Kind(503, "worker-lost", "Image worker stopped")
SHUTTING_DOWN = Kind(503, "shutting-down", "Shutting down")
CATALOG_UNAVAILABLE = Kind(503, "catalog-unavailable", "Catalog unavailable")

RETRY: Headers = (("retry-after", "5"),)

KINDS = tuple(value for value in list(globals().values()) if isinstance(value, Kind))
"""All kinds, for the documentation and its tests."""


class ProblemBody(msgspec.Struct, omit_defaults=True):
    """An error (RFC 9457). ``instance`` identifies the occurrence in the sidecar's log."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None


class Problem(Exception):
    """Ends a request with an error. ``detail`` is the remedy for the client."""

    def __init__(self, kind: Kind, detail: str, headers: Headers = (), instance: str | None = None) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.headers, self.instance = kind, detail, headers, instance

    @property
    def type(self) -> str:
        """What clients distinguish errors by."""
        return f"urn:shifumi:problem:{self.kind.slug}"

    def encoded(self) -> bytes:
        """The body of the response."""
        kind = self.kind
        return msgspec.json.encode(ProblemBody(self.type, kind.title, kind.status, self.detail, self.instance))


def unexpected(error: Exception, path: str) -> Problem:
    """Log an unexpected error and return a response that identifies it without details."""
    instance = f"urn:uuid:{uuid4()}"
    logger.opt(exception=error).error("{} failed, {}", path, instance)
    detail = "The request failed; nothing was changed. The log of the API has the details under this instance."
    return Problem(INTERNAL_ERROR, detail, instance=instance)


def add_handlers(app: FastAPI) -> None:
    """Format the framework's own errors the same way."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(Exception, _on_unexpected)


def _response(problem: Problem) -> Response:
    return Response(problem.encoded(), problem.kind.status, dict(problem.headers), MEDIA_TYPE)


async def _on_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - Starlette calls it for nothing else
    return _response(error)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    headers = tuple((error.headers or {}).items())
    if error.status_code == HTTPStatus.NOT_FOUND:
        detail = f"There is no {request.url.path}; /docs lists the routes."
        return _response(Problem(NOT_FOUND, detail, headers))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.url.path} does not support {request.method}; /docs lists the routes."
        return _response(Problem(METHOD_NOT_ALLOWED, detail, headers))
    kind = Kind(error.status_code, f"http-{error.status_code}", HTTPStatus(error.status_code).phrase)
    return _response(Problem(kind, str(error.detail), headers))


async def _on_invalid(_request: Request, error: Exception) -> Response:
    return _response(Problem(WRONG_SHAPE, str(error)))


async def _on_unexpected(request: Request, error: Exception) -> Response:
    return _response(unexpected(error, request.url.path))
