"""Messages as code and parameters, formatted as text only when shown.

``say("decision.by_hand", user="ada", version=3)`` creates a :class:`Message`; the catalog stores it as JSON, and
:func:`render` formats it with the template of its code. Templates: :mod:`core.config.message_catalogue`, and
:func:`register` for those of a workload, including one in an installed package.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from core.config.message_catalogue import TEMPLATES
from core.config.message_formats import formatted
from core.config.message_plurals import Plural

LEGACY, FOREIGN = "legacy.text", "error.foreign"
"""A sentence that version 0.1 stored and nobody recognised; the text of an error that is not ours."""

_known: dict[str, str | Plural] = dict(TEMPLATES)


@dataclass(frozen=True, slots=True)
class Message:
    """A code and its parameters, which are JSON values or messages. ``str()`` formats it.

    An error raised with a message (``raise BadFileError(say(...))``) behaves like one raised with a text;
    :func:`message_of` returns the message.
    """

    code: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return render(self)


Messages = tuple[Message, ...]
"""Several related messages, such as the reason of a decision."""


def say(code: str, /, **parameters: Any) -> Message:
    """A message with ``code``. Numbers stay numbers: they are formatted when shown.

    NumPy numbers become Python's; infinity and NaN, which JSON does not support, become None.
    """
    return Message(code, {name: _plain(value) for name, value in parameters.items()})


def text(sentence: str) -> Message:
    """A message without a code: the output of another program, or a text stored by version 0.1."""
    return Message(LEGACY, {"text": sentence})


def message_of(error: BaseException) -> Message:
    """The message of ``error`` if it has one, otherwise its text, or the name of its class."""
    if error.args and isinstance(error.args[0], Message):
        return error.args[0]
    return say(FOREIGN, text=str(error) or type(error).__name__)


def register(templates: Mapping[str, str | Plural]) -> None:
    """Register the templates of a workload; its codes start with its name and a dot.

    Raises ``ValueError`` when a code is already registered with another template, or a template is invalid.
    """
    for code, template in templates.items():
        placeholders(template)
        if _known.setdefault(code, template) != template:
            raise ValueError(f"the message code {code!r} is taken")


def templates() -> Mapping[str, str | Plural]:
    """All registered codes with their templates."""
    return dict(_known)


def placeholders(template: str | Plural) -> dict[str, str]:
    """The parameters of a template by name, each with its format. Raises ``ValueError`` for a malformed template."""
    forms = (template,) if isinstance(template, str) else (template.one, template.other)
    found = {name: spec or "text" for form in forms for _, name, spec, _ in Formatter().parse(form) if name is not None}
    if isinstance(template, Plural) and template.count not in found:
        raise ValueError(f"the template counts {template.count!r}, which it does not name")
    return found


def render(message: Message | Iterable[Message]) -> str:
    """The message as text; several become sentences in a row. Never raises.

    An unknown code (of a newer version, or of an uninstalled workload) is shown with its parameters.
    """
    if isinstance(message, Message):
        return _worded(message)
    sentences = [worded for one in message if (worded := _worded(one))]
    return " ".join(_closed(one) for one in sentences[:-1]) + " " * (len(sentences) > 1) + "".join(sentences[-1:])


def as_messages(message: Message | Iterable[Message]) -> Messages:
    """One message or several as a tuple."""
    return (message,) if isinstance(message, Message) else tuple(message)


def as_json(message: Message) -> dict[str, Any]:
    """The message as plain JSON values."""
    return {"code": message.code, "parameters": {name: _json(value) for name, value in message.parameters.items()}}


def as_json_list(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Several messages as plain JSON values; the inverse is :func:`messages_from_json`."""
    return [as_json(one) for one in messages]


def from_json(stored: object) -> Message:
    """The inverse of :func:`as_json`; accepts a plain text, as stored by version 0.1. Never raises."""
    if isinstance(stored, Message):
        return stored
    if isinstance(stored, Mapping) and isinstance(stored.get("code"), str):
        return Message(stored["code"], dict(stored.get("parameters") or {}))
    return text(stored if isinstance(stored, str) else str(stored))


def messages_from_json(stored: object) -> Messages:
    """A stored list of messages; None and an empty text give an empty list."""
    if not stored:
        return ()
    return tuple(from_json(one) for one in (stored if isinstance(stored, list | tuple) else [stored]))


def _worded(message: Message) -> str:
    template = _known.get(message.code)
    if template is None:
        return _unknown(message)
    try:
        form = template if isinstance(template, str) else template.form(message.parameters)
        return "".join(
            literal + (formatted(message.parameters[name], spec or "text", _nested) if name is not None else "")
            for literal, name, spec, _ in Formatter().parse(form)
        )
    except (LookupError, TypeError, ValueError, ArithmeticError):  # parameters of another version
        return _unknown(message)


def _nested(value: object) -> str:
    return render(messages_from_json(value))


def _unknown(message: Message) -> str:
    """``job.moved (from = a, to = b)``."""
    given = ", ".join(f"{name} = {value}" for name, value in message.parameters.items())
    return f"{message.code} ({given})" if given else message.code


def _closed(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."


def _plain(value: Any) -> Any:
    if isinstance(value, Message | str | bool | int | None):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, Iterable):
        return [_plain(one) for one in value]
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, float):
        return float(number) if math.isfinite(number) else None
    return number if isinstance(number, int) else str(number)


def _json(value: Any) -> Any:
    if isinstance(value, Message):
        return as_json(value)
    if isinstance(value, Mapping):
        return {name: _json(one) for name, one in value.items()}
    return [_json(one) for one in value] if isinstance(value, list | tuple) else value
