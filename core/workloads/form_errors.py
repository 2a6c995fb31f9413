"""Validation errors of a form, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from core.workloads.form_fields import FormField
from core.workloads.form_schema import fields_of

_OF_BOUNDS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}


def field_errors(model: type[BaseModel], errors: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Field name → what is wrong with its value. Key ``""``: errors of the combination of values.

    ``errors`` are those of a pydantic ``ValidationError``.
    """
    known = {field.name: field for field in fields_of(model)}
    said: dict[str, str] = {}
    for error in errors:
        where = str(error["loc"][0]) if error["loc"] else ""
        field = known.get(where)
        words = _sentence(str(error["msg"])) if field is None else f"**{field.title}** {_why(field, error)}"
        said.setdefault(where if field else "", words)
    return said


def _why(field: FormField, error: Mapping[str, Any]) -> str:
    kind, context = str(error["type"]), error.get("ctx") or {}
    if kind in _OF_BOUNDS and field.bounds():
        return f"must be {field.bounds()}."
    if kind == "multiple_of":
        return f"must be a multiple of {context['multiple_of']:g}."
    if kind in {"int_type", "int_parsing", "int_from_float", "float_type", "float_parsing", "finite_number"}:
        return f"must be {'a whole number' if field.whole else 'a number'}."
    if kind in {"missing", "string_type"}:
        return "needs a value."
    if kind in {"literal_error", "enum"}:
        return f"must be one of {', '.join(str(choice) for choice in field.choices)}."
    if kind == "string_too_short":
        return f"needs at least {_counted(context['min_length'], 'character')}."
    if kind == "string_too_long":
        return f"may have at most {_counted(context['max_length'], 'character')}."
    return f"is rejected: {_sentence(str(error['msg']))}"


def _counted(number: int, unit: str) -> str:
    return f"{number:,} {unit}" if number == 1 else f"{number:,} {unit}s"


def _sentence(message: str) -> str:
    """pydantic's message as a sentence."""
    words = message.removeprefix("Value error, ").removeprefix("Assertion failed, ").strip()
    return words if words.endswith((".", "!", "?")) else f"{words}."
