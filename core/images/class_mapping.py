"""Maps the class names of an imported dataset to those of a workload."""

from __future__ import annotations

from collections.abc import Collection, Mapping

BACKGROUND, LEAVE_OUT = "(background)", "(leave out)"
"""Targets of a mapping besides the workload's classes: a negative (no object), or leave the image out."""


def guess_class(name: str, classes: Collection[str], synonyms: Mapping[str, Collection[str]] | None = None) -> str:
    """The class of the workload that ``name`` most likely means; :data:`LEAVE_OUT` when there is no match.

    ``synonyms`` maps a class to other names, in lower case.
    """
    plain = _plain(name)
    for ours in classes:
        if plain == _plain(ours) or plain in (synonyms or {}).get(ours, ()):
            return ours
    return LEAVE_OUT


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())
