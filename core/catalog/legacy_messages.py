"""Parses the sentences that version 0.1 stored in the catalog into codes and parameters.

Each entry maps a former sentence to its code. An unknown sentence is kept as it is. Only migration 0006 uses this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from string import Formatter
from typing import Any

from core.config.messages import LEGACY, from_json, messages_from_json, render

_KS = "(Kolmogorov–Smirnov, Benjamini–Hochberg)."
_KS_CHI2 = "(Kolmogorov–Smirnov and chi-squared, Benjamini–Hochberg)."

_SENTENCES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("There is no champion yet.", "gate.no_champion", {}),
    ("Retraining was asked for.", "gate.forced", {}),
    ("{metric:word} {value:float} is under the threshold {threshold:float}.", "gate.under_threshold", {}),
    ("{metric:word} {value:float} holds the threshold {threshold:float}.", "gate.holds", {}),
    ("The champion came with Shifumi, its training data did not: drift cannot be judged.", "drift.starter", {}),
    ("The champion's training data was deleted: drift cannot be judged.", "drift.reference_deleted", {}),
    ("The champion was trained on this very dataset.", "drift.same_dataset", {}),
    (f"No feature drifted {_KS}", "drift.none", {"method": "ks"}),
    (f"Drift in {{features:list}} of {{new:int}} new pictures {_KS_CHI2}", "drift.found_in_new", {"method": "ks+chi2"}),
    (f"Drift in {{features:list}} {_KS}", "drift.found", {"method": "ks"}),
    (f"The {{new:int}} new pictures look like the old ones {_KS_CHI2}", "drift.none_in_new", {"method": "ks+chi2"}),
    ("{new:int} pictures are new since the champion was trained: too few to judge drift.", "drift.too_few_new", {}),
    ("First model: {metric:word} {value:float}.", "comparison.first", {}),
    (
        "Challenger alone right on {challenger:int}, champion alone right on {champion:int} of {_samples:int} "
        "(McNemar exact {p:p})",
        "comparison.mcnemar",
        {"unit": "rows"},
    ),
    (
        "Challenger {challenger:float} against {champion:float}: {gain:float} {metric:word}, 95 % interval {low:float} "
        "to {high:float} on {samples:int} pictures (paired bootstrap, {p:p})",
        "comparison.bootstrap",
        {"unit": "images"},
    ),
    ("Champion under the threshold, challenger over it. {comparison:rest}", "comparison.over_threshold", {}),
    (
        "The champion was trained on dataset {dataset:int}; there is nothing new to learn.",
        "decision.nothing_new",
        {},
    ),
    ("{user:word} made version {version:int} the champion.", "decision.by_hand", {}),
    ("Waiting for the flow runner", "job.waiting", {}),
    ("Started", "job.started", {}),
    ("Done", "job.done", {}),
    ("Cancelled by {user:word} before it started", "job.cancelled_before", {}),
    ("Cancelled by {user:word}", "job.cancelled_by", {}),
    ("The process that ran this is gone (killed, crashed or out of memory). Start it again.", "job.lost", {}),
    ("This was never handed to Prefect. Start it again.", "job.never_sent", {}),
    ("Prefect does not know this run any more.", "job.unknown_to_prefect", {}),
    ("This run has already ended.", "job.ended", {}),
    ("Taken by {worker:word}", "work.taken", {}),
    ("Waiting for another worker", "work.waiting_again", {}),
    ("Waiting for a worker (queue {queue:word})", "work.waiting", {}),
    ("This work was cancelled.", "work.cancelled", {}),
    (
        "The worker that did this was killed or crashed {attempts:int} times, last on {worker:text} ({how:text}). "
        "Perhaps its memory ran out: look into that worker's log, then start this again.",
        "work.crashed",
        {},
    ),
    (
        "This took longer than {limit:int} s (SHIFUMI_CELERY_TIME_LIMIT_S) and was stopped.",
        "work.too_long",
        {},
    ),
    ("{kind:kind}: {reason:rest}", "check.decided", {}),
    ("Evaluated: {reason:rest}", "check.evaluated", {}),
    ("Comparing champion and challenger", "check.comparing", {}),
    ("Logging to MLflow", "training.logging", {}),
    ("Version {version:int} registered", "training.registered", {}),
    ("Version {version:int} was already trained on dataset {dataset:int}", "training.known", {}),
    ("Dataset {dataset:int}: {rows:int} {unit:word}", "generate.done", {}),
    ("{rows:int} rows answered by version {version:int}", "predict.done", {}),
    (
        "{frames:int} frames seen by version {version:int}; a throw on {found:int} of them.",
        "video.done",
        {},
    ),
    (
        "{frames:int} frames seen by the model that ships; a throw on {found:int} of them.",
        "video.done_starter",
        {},
    ),
    ("The file ends too early; this is what could be read.", "video.cut_off", {}),
    ("New pictures: {images:int}", "import.new", {}),
    (", boxes: {boxes:int}", "import.boxes", {}),
    (", showing nothing to find: {images:int}", "import.negatives", {}),
    (", without boxes yet: {images:int}", "import.unlabelled", {}),
    (", there before: {images:int}", "import.known", {}),
    (", left out: {images:int}", "import.left_out", {}),
    (", not usable: {images:int}", "import.refused", {}),
    (", label lines refused: {lines:int}", "import.lines_refused", {}),
    (", labels without a picture: {labels:int}", "import.labels_without_image", {}),
    ("No picture was waiting for boxes", "propose.none_waiting", {}),
    (
        "Boxes proposed on {found:int} of {looked:int} pictures; confirm them on the Label page",
        "propose.done",
        {},
    ),
    ("Said to show: {label:line}", "image.said_to_show", {}),
    ("{model:text} said {found:found}; {user:word} says no throw.", "image.flagged_nothing", {}),
    ("{model:text} said {found:found}; {user:word} says {label:word}.", "image.flagged", {}),
    ("Label lines were refused on import: {faults:faults}", "image.lines_refused", {}),
    ("line {line:int}: {fault:rest}", "image.line_fault", {}),
    ("{file:text}: there is no picture to this label", "import.fault_no_image", {}),
    ("{file:text}: class {number:int} is not in the list of names", "import.fault_class", {}),
    ("There is no dataset yet. Generate one on the Datasets page.", "dataset.none", {}),
)

_PATTERNS = {
    "word": r"\S+?",
    "text": r".+?",
    "line": r".+",
    "rest": r".+",
    "float": r"[+-]?\d+\.\d+",
    "int": r"\d+(?:,\d{3})*",
    "p": r"p [=<] [\d.e+-]*\d",
    "list": r".+?",
    "kind": r"kept|promoted|rejected",
    "found": r".+?",
    "faults": r".+",
}


def parsed(text: str) -> list[dict[str, Any]]:
    """``text`` as messages in JSON; an unknown text becomes one message that contains it."""
    found: list[dict[str, Any]] = []
    rest, whole = text.strip(), True
    while rest:
        known = _first(rest)
        if known is None:
            return [*found, _message(LEGACY, text=rest)] if whole else [_message(LEGACY, text=text)]
        message, length = known
        found.append(message)
        whole = "." in rest[length - 1 : length + 1]  # otherwise what follows belongs to the same sentence
        if rest[length:] == ".":  # ours had none there
            return [_message(LEGACY, text=text)]
        rest = rest[length:].removeprefix(".").lstrip()
    return found


def sentence(messages: object) -> str:
    """Messages in JSON as one text, for a catalog that goes back to the version before: it reads label hints itself."""
    given = messages_from_json(messages)
    hints = [one.parameters["label"] for one in given if one.code == "image.said_to_show"]
    return f"Said to show: {hints[0]}" if hints else render(given)


def _first(text: str) -> tuple[dict[str, Any], int] | None:
    """The message at the start of ``text``, and its length in characters."""
    for pattern, formats, code, more in _compiled():
        if (match := pattern.match(text)) is not None:
            values = {name: _READ[formats[name]](value) for name, value in match.groupdict().items()}
            kept = {name: value for name, value in values.items() if name[0] != "_"}
            return _message(code, **kept, **more), match.end()
    return None


@lru_cache(maxsize=1)
def _compiled() -> list[tuple[re.Pattern[str], dict[str, str], str, dict[str, Any]]]:
    return [(*_pattern(template), code, more) for template, code, more in _SENTENCES]


def _pattern(template: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """A regular expression for a sentence, and the format of each of its groups; a sentence ends where a new one may
    begin."""
    expression, formats = "", {}
    for literal, name, spec, _ in Formatter().parse(template):
        expression += re.escape(literal)
        if name is not None:
            formats[name] = spec or "text"
            expression += f"(?P<{name}>{_PATTERNS[formats[name]]})"
    return re.compile(rf"{expression}(?=$|[\s.,])", re.DOTALL), formats


def _message(code: str, **parameters: Any) -> dict[str, Any]:
    return {"code": code, "parameters": parameters}


def _p(text: str) -> float:
    return 0.0 if "<" in text else float(text.rsplit(" ", 1)[-1])


def _detections(text: str) -> list[dict[str, Any]]:
    """``rock (91%), paper (40%)`` or ``nothing``."""
    found = re.findall(r"(\w+) \((\d+)%\)", text)
    detections = [_message("image.detection", label=label, confidence=int(share) / 100) for label, share in found]
    return detections or [_message("image.no_detection")]


def _faults(text: str) -> list[dict[str, Any]]:
    return [one for part in text.split("; ") for one in parsed(part)]


_READ: dict[str, Callable[[str], Any]] = {
    "word": str,
    "text": str,
    "line": str,
    "kind": str,
    "float": float,
    "int": lambda text: int(text.replace(",", "")),
    "p": _p,
    "list": lambda text: text.split(", "),
    "rest": lambda text: parsed(text),
    "found": _detections,
    "faults": _faults,
}


def _one(text: str) -> dict[str, Any]:
    found = parsed(text)
    return found[0] if len(found) == 1 else _message(LEGACY, text=text)


def decision_details(details: Any) -> Any:
    """The details of a decision: results of the paired comparison and of the drift test."""
    return _within(details, ("comparison", "drift"), "summary", _one)


def old_decision_details(details: Any) -> Any:
    """The inverse of :func:`decision_details`."""
    return _within(details, ("comparison", "drift"), "summary", lambda kept: sentence([kept]))


def _within(details: Any, parts: tuple[str, ...], name: str, change: Callable[[Any], Any]) -> Any:
    if not isinstance(details, Mapping):
        return details
    found = {part: details[part] for part in parts if isinstance(details.get(part), Mapping) and name in details[part]}
    return {**details, **{part: {**one, name: change(one[name])} for part, one in found.items()}}


def job_result(result: Any) -> Any:
    """The result of a job: faults of an import, and whether a video was truncated."""
    if not isinstance(result, Mapping):
        return result
    changed = dict(result)
    if isinstance(result.get("faults"), list):
        changed["faults"] = [_one(str(fault)) for fault in result["faults"]]
    if "remark" in result:
        changed["cut_off"] = bool(changed.pop("remark"))
    return changed


def old_job_result(result: Any) -> Any:
    """The inverse of :func:`job_result`."""
    if not isinstance(result, Mapping):
        return result
    changed = dict(result)
    if isinstance(result.get("faults"), list):
        changed["faults"] = [sentence([fault]) for fault in result["faults"]]
    if "cut_off" in result:
        changed["remark"] = "The file ends too early; this is what could be read." if changed.pop("cut_off") else ""
    return changed


def work_result(result: Any) -> Any:
    """The result of a work item."""
    if not isinstance(result, Mapping) or "sentence" not in result:
        return result
    return {
        **{name: value for name, value in result.items() if name != "sentence"},
        "message": parsed(result["sentence"]),
    }


def old_work_result(result: Any) -> Any:
    """The inverse of :func:`work_result`."""
    if not isinstance(result, Mapping) or "message" not in result:
        return result
    return {
        **{name: value for name, value in result.items() if name != "message"},
        "sentence": sentence(result["message"]),
    }


def work_error(error: Any) -> Any:
    """The error of a work item."""
    return {**error, "message": _one(error["message"])} if _has(error, "message") else error


def old_work_error(error: Any) -> Any:
    """The inverse of :func:`work_error`."""
    return {**error, "message": sentence([error["message"]])} if _has(error, "message") else error


def learning(kept: Any) -> Any:
    """The progress of a training."""
    return {**kept, "words": _one(kept["words"])} if _has(kept, "words") else kept


def old_learning(kept: Any) -> Any:
    """The inverse of :func:`learning`."""
    return {**kept, "words": str(from_json(kept["words"]))} if _has(kept, "words") else kept


def _has(values: Any, name: str) -> bool:
    return isinstance(values, Mapping) and bool(values.get(name))
