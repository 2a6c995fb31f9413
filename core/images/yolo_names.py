"""Class names in the ``data.yaml`` of somebody's YOLO dataset.

YAML can say much with little: a few hundred bytes of nested aliases would become gigabytes of text. So the file is
first read as a stream of events, which costs no more than its length, and refused unless it is plain.
"""

from __future__ import annotations

from datetime import date
from typing import Any

_MOST_CHARACTERS = 200_000
"""A thousand names of 64 characters, and room for the rest."""
_LONGEST_VALUE = 1_000
_DEEPEST = 8
_MOST_NAMES = 1_000
_PLAIN = (str, int, float, date, type(None))


class BadNamesError(ValueError):
    """A ``data.yaml`` without valid class names; the message says why."""


def parse_names(text: str) -> list[str]:
    """The class names of a ``data.yaml``, a list or a mapping from numbers, in the order of the numbers.

    Raises :class:`BadNamesError`.
    """
    names = described(text).get("names")
    if isinstance(names, dict):
        names = _in_order(names)
    if not isinstance(names, list) or not names:
        raise BadNamesError("it has no list `names` with the classes")
    if len(names) > _MOST_NAMES:
        raise BadNamesError(f"it names {len(names):,} classes; the maximum is {_MOST_NAMES:,}")
    return [_plain_name(name) for name in names]


def described(text: str) -> dict[Any, Any]:
    """The file's keys and values; empty when it is no mapping. Raises :class:`BadNamesError`."""
    import yaml

    if len(text) > _MOST_CHARACTERS:
        raise BadNamesError(f"it has {len(text):,} characters; the maximum is {_MOST_CHARACTERS:,}")
    try:
        _require_plain(text)
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, RecursionError) as error:
        if isinstance(error, BadNamesError):
            raise
        raise BadNamesError(f"it cannot be read ({' '.join(str(error).split())[:200]})") from error
    return found if isinstance(found, dict) else {}


def _require_plain(text: str) -> None:
    """No aliases, no deep nesting, no endless values: of the stream of events, before anything is built from it."""
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise BadNamesError("it refers to itself with an alias (*): write the values out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise BadNamesError(f"it is nested more than {_DEEPEST} levels deep")
        if isinstance(event, yaml.ScalarEvent) and len(event.value) > _LONGEST_VALUE:
            raise BadNamesError(f"it has a value of {len(event.value):,} characters")


def _plain_name(name: object) -> str:
    if not isinstance(name, _PLAIN):
        raise BadNamesError("the classes under `names` must be words, not lists or mappings")
    return str(name)[:64]


def _in_order(names: dict[Any, Any]) -> list[str]:
    """Names by number; a missing name is replaced by the number."""
    if len(names) > _MOST_NAMES:
        raise BadNamesError(f"it names {len(names):,} classes; the maximum is {_MOST_NAMES:,}")
    try:
        numbered = {int(number): name for number, name in names.items()}
    except (TypeError, ValueError, OverflowError):
        raise BadNamesError("the classes under `names` are not numbered") from None
    highest = max(numbered, default=-1)
    if min(numbered, default=0) < 0 or highest >= _MOST_NAMES:
        raise BadNamesError("the classes under `names` must be numbered from 0 to at most 999")
    return [_plain_name(numbered.get(number, f"class {number}")) for number in range(highest + 1)]
