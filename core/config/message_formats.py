"""Formats of message parameters: one function per format that a template may use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from core.config.message_terms import TERMS

_NOTHING = "–"


def p_text(p_value: float | None) -> str:
    """``p = 0.034``, or ``p < 0.001`` for smaller values."""
    if p_value is None:
        return f"p = {_NOTHING}"
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def formatted(value: Any, spec: str, nested: Callable[[object], str]) -> str:
    """``value`` in the format ``spec``; ``nested`` formats messages. Raises ``KeyError`` for an unknown format and
    ``TypeError`` or ``ValueError`` for an unsuitable value.
    """
    if spec == "message":
        return nested(value)
    if spec == "messages":
        return ", ".join(nested(one).removesuffix(".") for one in value)
    if value is None and spec != "p":
        return _NOTHING
    return FORMATS[spec](value)


def _terms(values: Any) -> str:
    return ", ".join(_term(one) for one in values)


def _term(value: Any) -> str:
    return TERMS.get(str(value), str(value))


def _about(seconds: float) -> str:
    minutes = seconds / 60
    return f"about {minutes:.0f} min" if minutes >= 1.5 else f"{seconds:.0f} s"


def _time(value: str) -> str:
    return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


FORMATS: dict[str, Callable[[Any], str]] = {
    "text": str,
    "quoted": repr,
    "count": lambda value: f"{int(value):,}",
    "number": lambda value: f"{value:g}",
    "figure": lambda value: f"{value:.3f}",
    "gain": lambda value: f"{value:+.3f}",
    "percent": lambda value: f"{value:.0%}".replace("%", " %"),
    "seconds": lambda value: f"{value:,.0f} s",
    "about": _about,
    "millions": lambda value: f"{value / 1e6:,.0f} million",
    "megabytes": lambda value: f"{value / 1e6:,.0f} MB",
    "p": p_text,
    "list": lambda values: ", ".join(str(one) for one in values),
    "all": lambda values: " and ".join(str(one) for one in values),
    "time": _time,
    "term": _term,
    "terms": _terms,
}
"""Besides, ``message``: sentences, one or several; ``messages``: a list of phrases.

``figure`` is a metric, ``percent`` takes a share, ``time`` an aware time in ISO 8601.
"""
