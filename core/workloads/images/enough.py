"""Is there enough to learn from? Asked before minutes are spent."""

from __future__ import annotations

from collections.abc import Sequence

from core.workloads.images.manifest import Picture

LEAST = 5
"""Training pictures that have to show each class. Enough to try; a good model wants ten times as many."""


class TooFewPicturesError(ValueError):
    """Some class has too few pictures; the message says which and how many more."""


def require_enough(chosen: Sequence[Picture], classes: Sequence[str]) -> None:
    """Raise :class:`TooFewPicturesError` unless each class is on at least :data:`LEAST` of these pictures."""
    seen = {name: sum(bool((p.labels == index).any()) for p in chosen) for index, name in enumerate(classes)}
    short = {name: number for name, number in seen.items() if number < LEAST}
    if not short:
        return
    has = " and ".join(f"{name} has {number or 'none'}" for name, number in short.items())
    more = " and ".join(f"{LEAST - number} of {name}" for name, number in short.items())
    raise TooFewPicturesError(
        f"Too few training images ({len(chosen)}): {has}, but each class needs {LEAST}. Add and "
        f"label at least {more}, then create a new dataset. (Holdout sessions do not count.)"
    )
