"""A form for any pydantic model of parameters: one widget per field, what is refused said below it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from pydantic import BaseModel, ValidationError
from streamlit.delta_generator import DeltaGenerator

from core.ui.shell.formats import plain
from core.workloads.form_errors import field_errors
from core.workloads.form_fields import SEED, FormField, decimals, next_seed
from core.workloads.form_schema import fields_of

_OVERRIDE = "_form_seed_of"
_NO_VALUE = "not set"


def parameter_form(model: type[BaseModel], begun: Mapping[str, Any], prefix: str) -> BaseModel | None:
    """Draw the widgets, their keys being ``<prefix>_<field>``, and return the choices; None: one of them is refused.

    ``begun`` is where it begins (:func:`core.workloads.form_schema.initial_values`); what somebody chose stays.
    """
    _take_override(prefix)
    given: dict[str, Any] = {}
    below: dict[str, DeltaGenerator] = {}
    said: dict[str, str] = {}
    for field in fields_of(model):
        try:
            given[field.name] = _DRAWN[field.kind](field, begun.get(field.name), f"{prefix}_{field.name}")
        except json.JSONDecodeError as error:
            said[field.name] = f"**{field.title}** is not valid JSON: {error.msg} at character {error.pos}."
        below[field.name] = st.container()
    below[""] = st.container()
    choices = None
    try:
        choices = model.model_validate(given)
    except ValidationError as error:
        said = {**field_errors(model, error.errors()), **said}
    for name, words in said.items():
        below[name].error(words, icon=":material/error:")
    return None if said else choices


def begin_next_with_another_seed(model: type[BaseModel], choices: BaseModel, prefix: str) -> None:
    """Let the form begin its next run with the seed after that of ``choices``; nothing when there is no seed.

    A widget's value can only be set before it is drawn.
    """
    field = next((one for one in fields_of(model) if one.name == SEED), None)
    if field is not None:
        st.session_state[f"{_OVERRIDE}_{prefix}"] = next_seed(field, getattr(choices, SEED))


def _take_override(prefix: str) -> None:
    seed = st.session_state.pop(f"{_OVERRIDE}_{prefix}", None)
    if seed is not None:
        st.session_state[f"{prefix}_{SEED}"] = seed


def _once(key: str, value: Any) -> None:
    """Begin with ``value``; later runs keep what was chosen, also where another begin comes along."""
    if key not in st.session_state:
        st.session_state[key] = value


def _slider(field: FormField, begun: Any, key: str) -> Any:
    low, high, step = field.shown_low, field.shown_high, field.step or 1.0
    value = min(max(float(low if begun is None else begun), low), high)
    kind: Callable[[float], Any] = int if field.whole else float
    _once(key, kind(value))
    return kind(
        st.slider(
            field.title,
            kind(low),
            kind(high),
            step=kind(step),
            format="percent" if field.percent else slider_format(step, field.unit),
            key=key,
            persist_state="session",
            help=field.help or None,
        )
    )


def slider_format(step: float, unit: str) -> str:
    """How Streamlit's slider writes a value with its unit: "%.2f cm", "%.0f°"."""
    space = "" if unit in {"", "°"} else " "
    return f"%.{decimals(step)}f{space}{unit.replace('%', '%%')}"


def _number(field: FormField, begun: Any, key: str) -> Any:
    kind: Callable[[Any], Any] = int if field.whole else float
    _once(key, None if begun is None else kind(begun))
    return st.number_input(
        field.label,
        # No limits here: the browser would turn the field red, say why only to the mouse, and keep the old value.
        value=None if field.optional or begun is None else "min",  # None: it can be emptied
        step=kind(field.step or (1 if field.whole else 0.01)),
        format="%d" if field.whole else "%g",
        key=key,
        persist_state="session",
        help=_help(field),
        placeholder=_NO_VALUE if field.optional else None,
    )


def _switch(field: FormField, begun: Any, key: str) -> bool:
    _once(key, bool(begun))
    return st.toggle(field.label, key=key, persist_state="session", help=field.help or None)


def _choice(field: FormField, begun: Any, key: str) -> Any:
    _once(key, begun if begun in field.choices else None if field.optional else field.choices[0])
    return st.selectbox(
        field.label,
        field.choices,
        index=None if field.optional else 0,
        format_func=_spoken,
        placeholder=_NO_VALUE,
        key=key,
        persist_state="session",
        help=field.help or None,
    )


def _spoken(choice: Any) -> str:
    return {True: "yes", False: "no"}[choice] if isinstance(choice, bool) else plain(str(choice))


def _text(field: FormField, begun: Any, key: str) -> str | None:
    _once(key, "" if begun is None else str(begun))
    text = st.text_input(field.label, key=key, persist_state="session", help=_help(field))
    return None if text == "" and field.optional else text


def _json(field: FormField, begun: Any, key: str) -> Any:
    """Raises ``json.JSONDecodeError``."""
    _once(key, json.dumps(begun))
    written = f"{field.help} Written as JSON.".strip()
    return json.loads(st.text_area(field.label, key=key, persist_state="session", help=written, height=80))


def _help(field: FormField) -> str | None:
    bounds = field.bounds()
    said = f"{bounds[0].upper()}{bounds[1:]}." if bounds else ""
    return " ".join(part for part in (said, field.help) if part) or None


_DRAWN: dict[str, Callable[[FormField, Any, str], Any]] = {
    "slider": _slider,
    "integer": _number,
    "number": _number,
    "switch": _switch,
    "choice": _choice,
    "text": _text,
    "json": _json,
}
