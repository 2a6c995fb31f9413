"""``POST /feedback``: the true labels of predictions, one or a list."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from functools import cache, partial

import msgspec
from starlette.requests import Request as HttpRequest

from core.api import problems
from core.api.feedback_schemas import Label, Refused, Taken
from core.api.negotiation import require_json
from core.api.problems import Kind, Problem
from core.api.request_body import ClientGoneError, RequestBody
from core.api.sidecar import Sidecar
from core.api.token_check import check_token
from core.auth.tokens import FEEDBACK
from core.catalog.engine import CatalogUnavailableError
from core.predictions import feedback
from core.predictions.feedback import Giver
from core.predictions.request_ids import Request, UnknownRequestError
from core.workloads import WORKLOADS

_MOST_TOLD = 100
_DECODER: msgspec.json.Decoder[Label | list[Label]] = msgspec.json.Decoder(Label | list[Label])
_KINDS: dict[type[ValueError], Kind] = {
    UnknownRequestError: problems.UNKNOWN_REQUEST,
    feedback.ForeignRequestError: problems.FOREIGN_REQUEST,
    feedback.ExpiredRequestError: problems.EXPIRED_REQUEST,
    feedback.UnknownLabelError: problems.UNKNOWN_LABEL,
    feedback.RoleMissingError: problems.ROLE_MISSING,
}


async def take_feedback(sidecar: Sidecar, http: HttpRequest) -> Taken:
    """The answer to a request. Raises :class:`Problem`; of a list, labels that cannot be taken are only counted."""
    headers = dict(http.headers.raw)
    token = await check_token(sidecar.verifier, headers.get(b"authorization"), FEEDBACK)
    require_json(headers.get(b"content-type"), headers.get(b"content-encoding"))
    body = await _body(sidecar, RequestBody(http.receive), headers.get(b"content-length"))
    try:
        return await asyncio.to_thread(_take, sidecar, Giver(token.person, token.account), body)
    except CatalogUnavailableError as error:
        raise Problem(problems.CATALOG_UNAVAILABLE, str(error), problems.RETRY) from None


async def _body(sidecar: Sidecar, incoming: RequestBody, declared: bytes | None) -> bytes:
    settings = sidecar.settings
    try:
        return await incoming.read(declared, settings.predict_max_bytes, settings.predict_body_timeout_s)
    except ClientGoneError:
        raise Problem(problems.BODY_TIMEOUT, "The connection was closed before the body was complete.") from None


def _take(sidecar: Sidecar, giver: Giver, body: bytes) -> Taken:
    sent = _decode(body)
    labels = sent if isinstance(sent, list) else [sent]
    settings = sidecar.settings
    most = min(settings.feedback_max_labels, settings.feedback_per_hour)
    if not labels:
        raise Problem(problems.WRONG_FEEDBACK, "The list is empty: send at least one label.")
    if len(labels) > most:
        detail = f"{len(labels):,} labels were sent; a request may have at most {most:,}. Split it."
        raise Problem(problems.TOO_MANY_LABELS, detail)
    _within_limit(sidecar, giver, len(labels))
    try:
        feedback.require_giver(giver)
    except feedback.RoleMissingError as error:
        raise _problem(error) from None
    return _take_list(sidecar, giver, labels) if isinstance(sent, list) else _take_one(sidecar, giver, sent)


def _decode(body: bytes) -> Label | list[Label]:
    try:
        decoded: Label | list[Label] = _DECODER.decode(body)
    except msgspec.ValidationError as error:
        detail = f'{error}. Send {{"request_id": "…", "label": "…"}}, or a list of these.'
        raise Problem(problems.WRONG_FEEDBACK, detail) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(problems.MALFORMED_JSON, f"{error}. The body must be JSON in UTF-8.") from None
    return decoded


def _within_limit(sidecar: Sidecar, giver: Giver, labels: int) -> None:
    wait_s = sidecar.label_limit.take(giver.person, labels)
    if wait_s > 0:
        seconds = math.ceil(wait_s)
        detail = f"This token may give {sidecar.label_limit.per_hour:,} labels an hour. Try again in {seconds} seconds."
        raise Problem(problems.RATE_LIMITED, detail, (("retry-after", str(seconds)),))


def _take_one(sidecar: Sidecar, giver: Giver, label: Label) -> Taken:
    try:
        checked = _checked(sidecar, giver, label, partial(_classes, sidecar))
    except (UnknownRequestError, feedback.FeedbackError) as error:
        raise _problem(error) from None
    counts = feedback.give(giver, [checked])
    return Taken(counts.stored, counts.replaced, counts.unchanged)


def _take_list(sidecar: Sidecar, giver: Giver, labels: Sequence[Label]) -> Taken:
    good: list[tuple[Request, str]] = []
    told: list[Refused] = []
    classes = cache(partial(_classes, sidecar))  # the catalog may have to be asked
    for index, label in enumerate(labels):
        try:
            good.append(_checked(sidecar, giver, label, classes))
        except (UnknownRequestError, feedback.FeedbackError) as error:
            if len(told) < _MOST_TOLD:
                told.append(Refused(index, _problem(error).type, str(error)))
    counts = feedback.give(giver, good)
    return Taken(counts.stored, counts.replaced, counts.unchanged, len(labels) - len(good), told)


def _checked(
    sidecar: Sidecar, giver: Giver, label: Label, classes_of: Callable[[str], tuple[str, ...]]
) -> tuple[Request, str]:
    request = sidecar.request_ids.read(label.request_id)
    classes = classes_of(request.workload)
    wanted = _in_words(label.label, classes)
    feedback.check(giver, request, wanted, classes, sidecar.verifier.account_of)
    return request, wanted


def _classes(sidecar: Sidecar, workload: str) -> tuple[str, ...]:
    """The labels that the model answers with that serves now; those of the workload while none is loaded."""
    watcher = sidecar.watchers.get(workload)
    if watcher is not None and watcher.current is not None:
        return tuple(watcher.current.predictor.classes)
    return WORKLOADS[workload].classes if workload in WORKLOADS else ()


def _in_words(label: str | int, classes: Sequence[str]) -> str:
    """Of ``/predict`` a class is told by its number."""
    if isinstance(label, str):
        return label
    if str(label) not in classes and 0 <= label < len(classes):
        return classes[label]
    return str(label)


def _problem(error: ValueError) -> Problem:
    return Problem(_KINDS[type(error)], str(error))
