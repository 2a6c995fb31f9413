"""What a stranger's class names mean to us."""

from __future__ import annotations

from collections.abc import Collection, Mapping

BACKGROUND, LEAVE_OUT = "(background)", "(leave out)"
"""What a stranger's class may become besides one of ours: nothing to find, or a reason to leave the picture out."""


def guess_class(name: str, classes: Collection[str], synonyms: Mapping[str, Collection[str]] | None = None) -> str:
    """Our class that ``name`` most likely means; :data:`LEAVE_OUT` when that cannot be told.

    ``synonyms`` are other names of a class, in small letters.
    """
    plain = _plain(name)
    for ours in classes:
        if plain == _plain(ours) or plain in (synonyms or {}).get(ours, ()):
            return ours
    return LEAVE_OUT


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())
