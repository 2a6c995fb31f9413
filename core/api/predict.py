"""``POST /predict``, as a bare ASGI endpoint.

The framework's own path (middleware, routing, validation, a thread per call) takes several times as long
as the answer itself, so this route does without: msgspec reads and checks the body, NumPy answers, msgspec
writes. The whole of a small request runs on the event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from itertools import chain

import msgspec
import numpy as np
from numpy.typing import NDArray
from starlette.types import Receive, Scope, Send

from core.api import problems
from core.api.answering import refuse, send_json
from core.api.bodies import ClientGoneError, Incoming
from core.api.metrics import Metrics
from core.api.negotiation import bearer, require_json, require_json_wanted
from core.api.problems import Problem
from core.auth.tokens import ScopeMissingError, TokenError, TokenMissingError, TokenVerifier
from core.catalog.engine import CatalogUnavailableError
from core.config.settings import Settings
from core.models.registry import model_name
from core.models.serving import ChampionWatcher, Served
from core.predictions.log import PredictionLog, summarise
from core.workloads.base import predicted

PATH, SCOPE = "/predict", "predict"

_INLINE_BYTES = 256_000
"""Longer bodies are answered in a thread: the others should not wait for them."""

_VERIFY_WITHIN_S = 3.0
_RETRY = (("retry-after", "5"),)
_CLIENT_GONE = 499  # nginx's number; nobody receives it, the metrics count it


class PredictRequest(msgspec.Struct, forbid_unknown_fields=True):
    """One row per point; each row holds the features x1 and x2."""

    features: list[tuple[float, float]]


class PredictAnswer(msgspec.Struct):
    """Per row the class (0 or 1) and the probability of class 1; and which model said so.

    ``dataset_id`` is the dataset that the model was trained on.
    """

    classes: list[int]
    probabilities: list[float]
    model: str
    version: int
    dataset_id: int


class PredictEndpoint:
    """The ASGI application behind the route."""

    def __init__(
        self,
        settings: Settings,
        watcher: ChampionWatcher,
        verifier: TokenVerifier,
        log: PredictionLog,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._watcher = watcher
        self._verifier = verifier
        self._log = log
        self._metrics = metrics
        self._decoder = msgspec.json.Decoder(PredictRequest)
        self._encoder = msgspec.json.Encoder()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        incoming = Incoming(receive)
        status = 200
        try:
            answer = await self._respond(scope["method"], dict(scope["headers"]), incoming)
            await send_json(send, answer)
        except Problem as problem:
            status = problem.kind.status
            await refuse(send, problem, incoming)
        except ClientGoneError:
            status = _CLIENT_GONE
        except asyncio.CancelledError:
            # The server stops and this request took longer than it waits: the last word is ours.
            last = Problem(problems.SHUTTING_DOWN, "Nothing was predicted. Send it again in a moment.", _RETRY)
            status = last.kind.status
            await refuse(send, last, incoming, linger=False)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets our shape and the log the reason
            status = 500
            await refuse(send, problems.unexpected(error, PATH), incoming)
        self._metrics.count(PATH, status, time.perf_counter() - started)

    async def _respond(self, method: str, headers: Mapping[bytes, bytes], incoming: Incoming) -> bytes:
        if method != "POST":
            raise Problem(problems.METHOD_NOT_ALLOWED, "Send the features with POST.", (("allow", "POST"),))
        await self._check_token(bearer(headers.get(b"authorization")))
        require_json(headers.get(b"content-type"), headers.get(b"content-encoding"))
        require_json_wanted(headers.get(b"accept"))
        served = self._served()
        settings = self._settings
        body = await incoming.read(
            headers.get(b"content-length"), settings.predict_max_bytes, settings.predict_body_timeout_s
        )
        if len(body) > _INLINE_BYTES:
            return await asyncio.to_thread(self._answer, served, body)
        return self._answer(served, body)

    async def _check_token(self, secret: str | None) -> None:
        try:
            if self._verifier.fresh:
                self._verifier.verify(secret, SCOPE)
            else:
                async with asyncio.timeout(_VERIFY_WITHIN_S):
                    await asyncio.to_thread(self._verifier.verify, secret, SCOPE)
        except TokenError as error:
            raise _token_problem(error) from None
        except (CatalogUnavailableError, TimeoutError):
            detail = "The catalog, which knows the tokens, does not answer. Try again in a few seconds."
            raise Problem(problems.CATALOG_UNAVAILABLE, detail, _RETRY) from None

    def _served(self) -> Served:
        served = self._watcher.current
        if served is None:
            detail = "There is nothing to answer with yet. Train a model on the Train page; /health tells more."
            raise Problem(problems.NO_CHAMPION, detail, _RETRY)
        return served

    def _answer(self, served: Served, body: bytes) -> bytes:
        rows = self._decode(body)
        probabilities = _probabilities(served, rows)
        version = served.version
        self._log.add(summarise(version.workload, version.version, "api", rows, probabilities))
        self._metrics.rows.inc(len(rows))
        return self._encoder.encode(
            PredictAnswer(
                classes=predicted(probabilities).tolist(),
                probabilities=probabilities[:, 1].tolist(),
                model=model_name(version.workload),
                version=version.version,
                dataset_id=version.dataset_id,
            )
        )

    def _decode(self, body: bytes) -> list[tuple[float, float]]:
        try:
            rows = self._decoder.decode(body).features
        except msgspec.ValidationError as error:
            detail = f'{error}. Send {{"features": [[x1, x2], …]}} with two numbers per row.'
            raise Problem(problems.WRONG_SHAPE, detail) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            detail = f"{error}. NaN and Infinity are no JSON numbers; the body is one object in UTF-8."
            raise Problem(problems.MALFORMED_JSON, detail) from None
        if not rows:
            raise Problem(problems.WRONG_SHAPE, "There are no rows to predict: send at least one.")
        limit = self._settings.predict_max_rows
        if len(rows) > limit:
            detail = f"{len(rows):,} rows were sent; a request may have {limit:,}. Split it, or upload a CSV file."
            raise Problem(problems.TOO_MANY_ROWS, detail)
        return rows


def _probabilities(served: Served, rows: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Probabilities of class 0 and class 1 per row, shape (n, 2). Raises :class:`Problem` when a number overflows."""
    # fromiter is twice as fast as array() on a list of tuples.
    features = np.fromiter(chain.from_iterable(rows), np.float64, 2 * len(rows)).reshape(-1, 2)
    with np.errstate(over="ignore", invalid="ignore"):
        probabilities: NDArray[np.float64] = served.predictor.probabilities(features)
    if not np.isfinite(probabilities).all():
        where = int(np.argmin(np.isfinite(probabilities).all(axis=1)))
        detail = f"Row {where} (counting from 0) is beyond what the model can compute with."
        raise Problem(problems.OUT_OF_RANGE, detail)
    return probabilities


def _token_problem(error: TokenError) -> Problem:
    if isinstance(error, ScopeMissingError):
        challenge = f'Bearer realm="shifumi", error="insufficient_scope", scope="{SCOPE}"'
        return Problem(problems.SCOPE_MISSING, error.detail, (("www-authenticate", challenge),))
    # Without a token there is no error to name (RFC 6750).
    named = "" if isinstance(error, TokenMissingError) else ', error="invalid_token"'
    return Problem(problems.TOKEN_REFUSED, error.detail, (("www-authenticate", f'Bearer realm="shifumi"{named}'),))
