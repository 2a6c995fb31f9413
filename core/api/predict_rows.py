"""``POST /predict`` and ``POST /predict/{workload}`` for rows of numbers.

msgspec reads and checks the body, NumPy answers, msgspec writes. The whole of a small request runs on the
event loop.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from starlette.types import Scope

from core.api import problems
from core.api.negotiation import require_json
from core.api.predict_base import Headers, PredictRoute, no_champion
from core.api.problems import Problem
from core.api.request_body import RequestBody
from core.api.row_schemas import ClassesAnswer, PredictAnswer, ValuesAnswer, request_type
from core.api.sidecar import Sidecar
from core.models.registry import model_name
from core.models.serving import ChampionWatcher, Served
from core.predictions.log import summarise
from core.workloads import get_workload
from core.workloads.base import RowClassifier, feature_names

Rows = Sequence[Sequence[float]]
Answers = NDArray[np.float64]
"""Probabilities per class, shape (n, k), or predicted values, shape (n,)."""

Origin = tuple[str, int, int]
"""Which model answered (name, version, dataset): the end of every answer."""


class _Model(NamedTuple):
    """What is asked of a served model once, not with every request. ``quick``: it has a way for one row."""

    served: Served
    origin: Origin
    quick: bool


_INLINE_BYTES = 256_000
"""Longer bodies are answered in a thread: the others should not wait for them."""

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class RowsRoute(PredictRoute):
    """Answers with labels and the probability of each, or with values."""

    def __init__(self, path: str, watcher: ChampionWatcher, sidecar: Sidecar) -> None:
        super().__init__(path, watcher, sidecar)
        workload = get_workload(watcher.workload)
        names = feature_names(workload)
        self._width, self._regression = len(names), workload.task == "regression"
        count = _NUMBERS[len(names)] if len(names) < len(_NUMBERS) else str(len(names))
        self._shape = (
            f'Send {{"features": [[{", ".join(names)}], …]}} with {count} number{"s" * (len(names) != 1)} per row.'
        )
        self._decoder: Any = msgspec.json.Decoder(request_type(workload))
        self._encoder = msgspec.json.Encoder()
        self._known: _Model | None = None

    @property
    def _what_to_send(self) -> str:
        return f"Send the features with POST. {self._shape}"

    async def _answer(self, scope: Scope, headers: Headers, incoming: RequestBody) -> bytes:
        require_json(headers.get(b"content-type"), headers.get(b"content-encoding"))
        served, settings = self.watcher.current, self._settings
        if served is None:
            raise no_champion()
        body = incoming.read_available(headers.get(b"content-length"), settings.predict_max_bytes)
        if body is None:
            body = await incoming.read_remaining(settings.predict_max_bytes, settings.predict_body_timeout_s)
        if len(body) > _INLINE_BYTES:
            answer, rows = await asyncio.to_thread(self._predict, served, body)
        else:
            answer, rows = self._predict(served, body)
        self._meter.predicted(self.watcher.workload, rows)
        return answer

    def _predict(self, served: Served, body: bytes) -> tuple[bytes, int]:
        """The encoded answer and how many rows it has."""
        rows = self._decode(body)
        version = served.version
        if len(rows) == 1 and not self._regression:
            told = self._ask_one(served, rows[0])
            self._log.add((time.time(), version.workload, version.version, "api", rows[0], told))
            return self._encoder.encode(self._told(served, [told])), 1
        answers = self._ask(served, rows)
        if not np.isfinite(answers).all():
            raise _out_of_range(answers)
        self._log.add(summarise(version.workload, version.version, "api", rows, answers))
        return self._encoder.encode(self._told(served, answers.tolist())), len(rows)

    def _ask_one(self, served: Served, row: Sequence[float]) -> list[float]:
        """The probabilities for one row. No more is done with NumPy than the model does: a call costs more than a loop
        over a few numbers."""
        if self._model(served).quick:
            told: list[float] = served.predictor.row_probabilities(row)
        else:
            told = self._call(served, np.array([row], np.float64))[0].tolist()
        # One infinity or NaN makes the sum one, and finite probabilities cannot overflow it.
        if not math.isfinite(sum(told)):
            raise _out_of_range(np.array([told]))
        return told

    def _ask(self, served: Served, rows: Rows) -> Answers:
        # Twice as fast as array() on a list of tuples.
        features = np.fromiter(chain.from_iterable(rows), np.float64, self._width * len(rows))
        with np.errstate(over="ignore", invalid="ignore"):
            return self._call(served, features.reshape(-1, self._width))

    def _call(self, served: Served, features: NDArray[np.float64]) -> Answers:
        predictor = served.predictor
        answers: Answers = predictor.values(features) if self._regression else predictor.probabilities(features)
        return answers

    def _told(self, served: Served, told: list[Any]) -> msgspec.Struct:
        if self._regression:
            return ValuesAnswer(told, *self._origin(served))
        labels: tuple[str, ...] = served.predictor.classes
        # Of equals the first, as everywhere.
        return ClassesAnswer([labels[row.index(max(row))] for row in told], told, *self._origin(served))

    def _origin(self, served: Served) -> Origin:
        return self._model(served).origin

    def _model(self, served: Served) -> _Model:
        if self._known is None or self._known.served is not served:
            version = served.version
            origin = (model_name(version.workload), version.version, version.dataset_id)
            self._known = _Model(served, origin, isinstance(served.predictor, RowClassifier))
        return self._known

    def _decode(self, body: bytes) -> Rows:
        try:
            rows: Rows = self._decoder.decode(body).features
        except msgspec.ValidationError as error:
            raise Problem(problems.WRONG_SHAPE, f"{error}. {self._shape}") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            detail = f"{error}. NaN and Infinity are not valid JSON; the body must be one object in UTF-8."
            raise Problem(problems.MALFORMED_JSON, detail) from None
        if not rows:
            raise Problem(problems.WRONG_SHAPE, "There are no rows to predict: send at least one.")
        limit = self._settings.predict_max_rows
        if len(rows) > limit:
            detail = (
                f"{len(rows):,} rows were sent; a request may have at most {limit:,}. Split it, or upload a CSV file."
            )
            raise Problem(problems.TOO_MANY_ROWS, detail)
        return rows


class BinaryRowsRoute(RowsRoute):
    """``POST /predict``: two classes, told as 0 and 1 and by the probability of class 1."""

    def _told(self, served: Served, told: list[Any]) -> msgspec.Struct:
        probabilities = [row[1] for row in told]
        return PredictAnswer([1 if p > 0.5 else 0 for p in probabilities], probabilities, *self._origin(served))


def _out_of_range(answers: Answers) -> Problem:
    finite = np.isfinite(answers).reshape(len(answers), -1).all(axis=1)
    detail = f"Row {int(np.argmin(finite))} (counting from 0) has values too large for the model."
    return Problem(problems.OUT_OF_RANGE, detail)
