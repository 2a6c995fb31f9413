"""``POST /predict`` and ``POST /predict/{workload}`` for rows of numbers.

msgspec reads and checks the body, NumPy answers, msgspec writes. The whole of a small request runs on the
event loop.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
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
from core.predictions.entries import summarise
from core.predictions.request_ids import origin as request_origin
from core.workloads import get_workload
from core.workloads.base import RowClassifier, feature_names

Rows = Sequence[Sequence[float]]
Answers = NDArray[np.float64]
"""Probabilities per class, shape (n, k), or predicted values, shape (n,)."""

Origin = tuple[str, int, int]
"""Which model answered (name, version, dataset): the end of every answer."""


Ends = tuple[tuple[bytes, bytes], ...]


class _Model(NamedTuple):
    """What is asked of a served model once, not with every request.

    ``quick``: its way for one row, if it has one. ``ends``: by class, the parts of an answer that stay the same.
    """

    served: Served
    workload: str
    version: int
    origin: Origin
    quick: Callable[[Sequence[float]], list[float]] | None
    ends: Ends
    labels: tuple[str, ...]


_INLINE_BYTES = 256_000
"""Longer bodies are answered in a thread: the others should not wait for them."""

_PROBABILITIES = b'"probabilities":['

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

    def _answer(self, scope: Scope, headers: Headers, incoming: RequestBody, person: str) -> bytes | Awaitable[bytes]:
        require_json(headers.get(b"content-type"), headers.get(b"content-encoding"))
        served = self.watcher.current
        if served is None:
            raise no_champion()
        body = incoming.read_available(headers.get(b"content-length"), self._settings.predict_max_bytes)
        if body is None or len(body) > _INLINE_BYTES:
            return self._later(served, body, incoming, person)
        return self._counted(self._predict(served, body, person))

    async def _later(self, served: Served, body: bytes | None, incoming: RequestBody, person: str) -> bytes:
        """The answer to a body that has yet to come, or is long."""
        settings = self._settings
        if body is None:
            body = await incoming.read_remaining(settings.predict_max_bytes, settings.predict_body_timeout_s)
        if len(body) > _INLINE_BYTES:
            return self._counted(await asyncio.to_thread(self._predict, served, body, person))
        return self._counted(self._predict(served, body, person))

    def _counted(self, answered: tuple[bytes, int]) -> bytes:
        self._meter.predicted(self.watcher.workload, answered[1])
        return answered[0]

    def _predict(self, served: Served, body: bytes, person: str) -> tuple[bytes, int]:
        """The encoded answer and how many rows it has."""
        rows = self._decode(body)
        if len(rows) == 1 and not self._regression:
            return self._ask_one(self._model(served), rows[0], person), 1
        version = served.version
        answers = self._ask(served, rows)
        if not np.isfinite(answers).all():
            raise _out_of_range(answers)
        self._log.add(summarise(version.workload, version.version, "api", rows, answers))
        told = self._told(self._model(served), answers)
        if isinstance(told, PredictAnswer | ClassesAnswer) and len(rows) <= self._settings.feedback_max_rows:
            told.request_ids = self._identified(served, rows, answers, person)
        return self._encoder.encode(told), len(rows)

    def _identified(self, served: Served, rows: Rows, answers: Answers, person: str) -> list[str]:
        """An id per row."""
        name, version, labels = served.version.workload, served.version.version, served.predictor.classes
        commons = [request_origin(name, version, person, label) for label in labels]
        now, best = time.time(), answers.argmax(axis=1).tolist()
        return [self._ids.make(commons[index], now, row).decode() for index, row in zip(best, rows, strict=True)]

    def _ask_one(self, model: _Model, row: Sequence[float], person: str) -> bytes:
        """The encoded answer for one row. No more is done with NumPy than the model does: a call costs more than a
        loop over a few numbers."""
        if model.quick is not None:
            told = model.quick(row)
        else:
            told = self._call(model.served, np.array([row], np.float64))[0].tolist()
        # One infinity or NaN makes the sum one, and finite probabilities cannot overflow it.
        if not math.isfinite(sum(told)):
            raise _out_of_range(np.array([told]))
        now = time.time()
        self._log.add((now, model.workload, model.version, "api", row, told))
        label = model.labels[told[1] > told[0] if len(told) == 2 else told.index(max(told))]
        request_id = self._ids.make(request_origin(model.workload, model.version, person, label), now, row)
        return self._encoded_one(model, told, request_id)

    def _encoded_one(self, model: _Model, told: list[float], request_id: bytes) -> bytes:
        answer = self._told(model, np.array([told]))
        answer.request_ids = [request_id.decode()]  # type: ignore[attr-defined]  # only classes are told here
        return self._encoder.encode(answer)

    def _ask(self, served: Served, rows: Rows) -> Answers:
        # Twice as fast as array() on a list of tuples.
        features = np.fromiter(chain.from_iterable(rows), np.float64, self._width * len(rows))
        with np.errstate(over="ignore", invalid="ignore"):
            return self._call(served, features.reshape(-1, self._width))

    def _call(self, served: Served, features: NDArray[np.float64]) -> Answers:
        predictor = served.predictor
        answers: Answers = predictor.values(features) if self._regression else predictor.probabilities(features)
        return answers

    def _told(self, model: _Model, answers: Answers) -> msgspec.Struct:
        if self._regression:
            return ValuesAnswer(answers.tolist(), *model.origin)
        labels: tuple[str, ...] = model.served.predictor.classes
        # Of equals the first, as everywhere.
        said = [labels[index] for index in answers.argmax(axis=1).tolist()]
        return ClassesAnswer(said, answers.tolist(), *model.origin)

    def _model(self, served: Served) -> _Model:
        known = self._known
        if known is None or known.served is not served:
            version, predictor = served.version, served.predictor
            origin = (model_name(version.workload), version.version, version.dataset_id)
            quick = predictor.row_probabilities if isinstance(predictor, RowClassifier) else None
            ends, labels = self._ends(origin), () if self._regression else tuple(predictor.classes)
            known = self._known = _Model(served, version.workload, version.version, origin, quick, ends, labels)
        return known

    def _ends(self, origin: Origin) -> Ends:
        """For :meth:`_encoded_one`: what an answer has before and after its numbers."""
        return ()

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

    def _told(self, model: _Model, answers: Answers) -> msgspec.Struct:
        probabilities = answers[:, 1]  # one array operation: a call per row takes as long as reading the body
        return PredictAnswer((probabilities > 0.5).astype(np.int8).tolist(), probabilities.tolist(), *model.origin)

    def _encoded_one(self, model: _Model, told: list[float], request_id: bytes) -> bytes:
        probability = told[1]
        before, after = model.ends[_class(probability)]
        return b'%b%b%b"%b"]}' % (before, self._encoder.encode(probability), after, request_id)

    def _ends(self, origin: Origin) -> Ends:
        answers = [self._encoder.encode(PredictAnswer([label], [], *origin)) for label in (0, 1)]
        parts = [answer.partition(_PROBABILITIES) for answer in answers]
        return tuple((before + mark, after.removesuffix(b"]}")) for before, mark, after in parts)


def _class(probability: float) -> int:
    """The class for the probability of class 1."""
    return 1 if probability > 0.5 else 0


def _out_of_range(answers: Answers) -> Problem:
    finite = np.isfinite(answers).reshape(len(answers), -1).all(axis=1)
    detail = f"Row {int(np.argmin(finite))} (counting from 0) has values too large for the model."
    return Problem(problems.OUT_OF_RANGE, detail)
