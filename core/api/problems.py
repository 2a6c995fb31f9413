"""One shape for every error: RFC 9457, ``application/problem+json``."""

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
    """A kind of error. ``slug`` ends the problem's ``type``, by which programs tell errors apart."""

    status: int
    slug: str
    title: str


MALFORMED_JSON = Kind(400, "malformed-json", "The body is not JSON")
TOKEN_REFUSED = Kind(401, "token-refused", "The token was refused")
SCOPE_MISSING = Kind(403, "scope-missing", "The token may not do this")
NOT_FOUND = Kind(404, "not-found", "There is nothing here")
METHOD_NOT_ALLOWED = Kind(405, "method-not-allowed", "This method is not allowed here")
NOT_ACCEPTABLE = Kind(406, "not-acceptable", "The answer is JSON only")
BODY_TIMEOUT = Kind(408, "body-timeout", "The body did not arrive in time")
BODY_TOO_LARGE = Kind(413, "body-too-large", "The body is too large")
TOO_MANY_ROWS = Kind(413, "too-many-rows", "Too many rows in one request")
UNSUPPORTED_MEDIA_TYPE = Kind(415, "unsupported-media-type", "The body has another format than this route takes")
WRONG_SHAPE = Kind(422, "wrong-shape", "The features do not have the expected shape")
OUT_OF_RANGE = Kind(422, "out-of-range", "The numbers are too large for the model")
WRONG_PARAMETER = Kind(422, "wrong-parameter", "A parameter in the address has no usable value")
BAD_IMAGE = Kind(422, "bad-image", "The image cannot be used")
INTERNAL_ERROR = Kind(500, "internal-error", "Something went wrong on our side")
NO_CHAMPION = Kind(503, "no-champion", "No model is loaded yet")
OVERLOADED = Kind(503, "overloaded", "Too many images wait already")
WORKER_LOST = Kind(503, "worker-lost", "The process that answers images has stopped")
SHUTTING_DOWN = Kind(503, "shutting-down", "The sidecar is being stopped")
CATALOG_UNAVAILABLE = Kind(503, "catalog-unavailable", "Tokens cannot be checked right now")

RETRY: Headers = (("retry-after", "5"),)

KINDS = tuple(value for value in list(globals().values()) if isinstance(value, Kind))
"""Every kind there is, for the documentation and for the tests that hold it."""


class ProblemBody(msgspec.Struct, omit_defaults=True):
    """An error, after RFC 9457. ``instance`` names the one occurrence, as the log of the sidecar does."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None


class Problem(Exception):
    """Ends a request with an error. ``detail`` tells the caller what to do about it."""

    def __init__(self, kind: Kind, detail: str, headers: Headers = (), instance: str | None = None) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.headers, self.instance = kind, detail, headers, instance

    def encoded(self) -> bytes:
        """The body of the answer."""
        kind = self.kind
        return msgspec.json.encode(
            ProblemBody(f"urn:shifumi:problem:{kind.slug}", kind.title, kind.status, self.detail, self.instance)
        )


def unexpected(error: Exception, path: str) -> Problem:
    """Log an error nobody foresaw and make the answer that names it without giving anything away."""
    instance = f"urn:uuid:{uuid4()}"
    logger.opt(exception=error).error("{} failed, {}", path, instance)
    detail = "The request could not be answered; nothing was changed. The sidecar's log tells more under this instance."
    return Problem(INTERNAL_ERROR, detail, instance=instance)


def add_handlers(app: FastAPI) -> None:
    """Give the framework's own errors the same shape."""
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
        detail = f"There is no {request.url.path} here; /docs lists what there is."
        return _response(Problem(NOT_FOUND, detail, headers))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.url.path} does not take {request.method}; /docs tells what it takes."
        return _response(Problem(METHOD_NOT_ALLOWED, detail, headers))
    kind = Kind(error.status_code, f"http-{error.status_code}", HTTPStatus(error.status_code).phrase)
    return _response(Problem(kind, str(error.detail), headers))


async def _on_invalid(_request: Request, error: Exception) -> Response:
    return _response(Problem(WRONG_SHAPE, str(error)))


async def _on_unexpected(request: Request, error: Exception) -> Response:
    return _response(unexpected(error, request.url.path))
