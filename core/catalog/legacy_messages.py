"""Parses the sentences that version 0.1 stored in the catalog into codes and parameters.

Each entry maps a former sentence to its code. An unknown sentence is kept as it is. Only migration 0006 uses this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from string import Formatter
from typing import Any

from core.catalog.legacy_sentences import SENTENCES
from core.config.messages import LEGACY, from_json, messages_from_json, render

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
    return [(*_pattern(template), code, more) for template, code, more in SENTENCES]


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
