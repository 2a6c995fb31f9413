"""The fields of a form, generated from a pydantic model.

Pure: :mod:`core.ui.shell.parameter_form` draws it. A field uses ``title``, ``description``, ``ge``, ``le``, ``gt``,
``lt``, ``multiple_of``, lengths, ``Literal`` and enums, ``bool``, ``int``, ``float``, ``str``, ``None`` beside any of
them, and in ``json_schema_extra``:

- ``unit``: shown after the title and the bounds;
- ``step``: of the slider or the number field;
- ``low``, ``high``: the typical range, inside the allowed one;
- ``period``: values repeat (360 for degrees), so one outside of ``low`` and ``high`` is wrapped;
- ``percent``: a share from 0 to 1, shown as percent.

Anything else, a list for instance, is entered as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined, to_jsonable_python

from core.workloads.form_fields import SEED, FormField, next_seed, nice_step

_MAX_STEPS = 400
"""More positions than that on a slider cannot be hit: the value is typed instead."""

_EXACT = 2**53 - 1
"""Browsers compute in doubles: integers beyond are typed as text."""


def fields_of(model: type[BaseModel]) -> tuple[FormField, ...]:
    """The fields of a form for ``model``, in its order."""
    schema = model.model_json_schema(by_alias=False)
    definitions = schema.get("$defs", {})
    return tuple(
        _field(name, described, _default(model, name), definitions)
        for name, described in schema.get("properties", {}).items()
    )


def initial_values(model: type[BaseModel], newest: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The initial values of a form: the parameters of the newest dataset with the next seed, or the defaults.

    A previous value that is no longer valid is replaced by the default.
    """
    begun: dict[str, Any] = {}
    for field in fields_of(model):
        value = field.default
        if newest is not None and field.name in newest and _taken(model, field.name, newest[field.name]):
            value = to_jsonable_python(newest[field.name])
            if field.name == SEED:
                value = next_seed(field, value)
        begun[field.name] = _turned(field, value)
    return begun


def _field(name: str, described: Mapping[str, Any], default: Any, definitions: Mapping[str, Any]) -> FormField:
    asked, optional = _without_null({**described}, definitions)
    title = str(described.get("title") or asked.get("title") or name)
    made = FormField(
        name=name,
        title=title,
        help=str(described.get("description") or asked.get("description") or ""),
        kind="json",
        default=default,
        optional=optional,
        unit=str(_extra(described, asked, "unit") or ""),
        percent=bool(_extra(described, asked, "percent")),
    )
    return _typed(made, asked, described)


def _typed(made: FormField, asked: Mapping[str, Any], described: Mapping[str, Any]) -> FormField:
    if "enum" in asked or "const" in asked:
        return replace(made, kind="choice", choices=tuple(asked.get("enum", [asked.get("const")])))
    kind = asked.get("type")
    if kind == "boolean" and not made.optional:
        return replace(made, kind="switch")
    if kind == "boolean":
        return replace(made, kind="choice", choices=(True, False))
    if kind in ("integer", "number"):
        return _number(made, asked, described, kind == "integer")
    if kind == "string":
        return replace(made, kind="text")
    return made


def _number(made: FormField, asked: Mapping[str, Any], described: Mapping[str, Any], whole: bool) -> FormField:
    low, exclusive_low = _limit(asked, "minimum", "exclusiveMinimum", max)
    high, exclusive_high = _limit(asked, "maximum", "exclusiveMaximum", min)
    multiple = asked.get("multipleOf")
    step = _extra(described, asked, "step") or multiple
    bounded = replace(
        made,
        kind="integer" if whole else "number",
        low=low,
        high=high,
        exclusive_low=exclusive_low,
        exclusive_high=exclusive_high,
        step=float(step) if step else None,
        period=_extra(described, asked, "period"),
        whole=whole,
        multiple_of=multiple,
    )
    if whole and isinstance(made.default, int) and abs(made.default) > _EXACT:
        return replace(bounded, kind="text")
    return _as_slider(bounded, _extra(described, asked, "low"), _extra(described, asked, "high"))


def _as_slider(field: FormField, low: float | None, high: float | None) -> FormField:
    """A slider when both ends are known and it has few enough positions."""
    low, high = field.low if low is None else low, field.high if high is None else high
    if low is None or high is None or field.optional or field.name == SEED or not low < high:
        return field
    step = field.step or (1.0 if field.whole else nice_step(low, high))
    if field.exclusive_low and low == field.low:
        low += step
    if field.exclusive_high and high == field.high:
        high -= step
    if not low < high or (high - low) / step > _MAX_STEPS:
        return field
    if field.whole and any(value != int(value) for value in (low, high, step)):
        return field
    return replace(field, kind="slider", shown_low=float(low), shown_high=float(high), step=float(step))


def _limit(
    asked: Mapping[str, Any], inclusive: str, exclusive: str, tighter: Callable[[float, float], float]
) -> tuple[float | None, bool]:
    """The tighter one of both kinds of bound, and whether it is exclusive."""
    loose, strict = asked.get(inclusive), asked.get(exclusive)
    if loose is None or strict is None:
        return (loose, False) if strict is None else (strict, True)
    return (strict, True) if tighter(loose, strict) == strict else (loose, False)


def _without_null(described: Mapping[str, Any], definitions: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """The schema with references resolved, and whether None is valid."""
    described = _followed(described, definitions)
    several = described.get("anyOf")
    if several is None:
        return described, described.get("type") == "null"
    real = [one for one in several if one.get("type") != "null"]
    optional = len(real) < len(several)
    if len(real) != 1:
        return {}, optional
    return _followed(real[0], definitions), optional


def _followed(described: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = described.get("$ref")
    if reference is None:
        return described
    target = definitions.get(str(reference).rpartition("/")[2], {})
    return {**target, **{name: value for name, value in described.items() if name != "$ref"}}


def _extra(described: Mapping[str, Any], asked: Mapping[str, Any], name: str) -> Any:
    return described.get(name, asked.get(name))


def _default(model: type[BaseModel], name: str) -> Any:
    value = model.model_fields[name].get_default(call_default_factory=True, validated_data={})
    return None if value is PydanticUndefined else to_jsonable_python(value)


def _taken(model: type[BaseModel], name: str, value: Any) -> bool:
    """Whether this value is valid for this field, independent of other fields."""
    try:
        model.model_validate({name: value})
    except ValidationError as error:
        return not any(fault["loc"][:1] == (name,) for fault in error.errors())
    return True


def _turned(field: FormField, value: Any) -> Any:
    """A periodic value, wrapped into the slider's range."""
    if field.kind != "slider" or not field.period or not isinstance(value, int | float):
        return value
    if field.shown_low <= value <= field.shown_high:
        return value
    return (value - field.shown_low) % field.period + field.shown_low
