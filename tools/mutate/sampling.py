"""A random sample of mutants, stratified by package, and the kill rate estimated from it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence


def stratified(names: Mapping[str, Sequence[str]], wanted: int, seed: int) -> dict[str, list[str]]:
    """``wanted`` of all ``names``, from each room in proportion to how many it has; everything when there are fewer.

    The same names, number and seed give the same sample.
    """
    total = sum(len(found) for found in names.values())
    if wanted >= total:
        return {room: sorted(found) for room, found in names.items()}
    drawn = {}
    for room, share in _shares({room: len(found) for room, found in names.items()}, wanted).items():
        drawn[room] = sorted(random.Random(f"{seed}:{room}").sample(sorted(names[room]), share))  # noqa: S311
    return drawn


def _shares(sizes: Mapping[str, int], wanted: int) -> dict[str, int]:
    """Whole numbers in proportion to ``sizes`` whose sum is ``wanted``: the largest remainders are rounded up."""
    total = sum(sizes.values())
    exact = {room: size * wanted / total for room, size in sizes.items()}
    shares = {room: int(share) for room, share in exact.items()}
    by_remainder = sorted(exact, key=lambda room: (shares[room] - exact[room], room))
    for room in by_remainder[: wanted - sum(shares.values())]:
        shares[room] += 1
    return shares
