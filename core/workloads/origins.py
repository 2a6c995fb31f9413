"""Where the samples of a holdout come from, and which of them share luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SESSIONS, BLOCKS, SINGLE = "sessions", "blocks", "single"
"""What is swapped as a whole: recording sessions, time blocks within them, or single samples."""

BLOCK_S = 1.0
"""Length of a time block: as long as the gap between what is learnt and what judges."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One sample. ``key`` is the same in every dataset; ``person`` is empty when unknown; ``taken_s`` is NaN when
    unknown; ``label`` is its class; ``other``: the training data has nothing of this person or source.
    """

    key: str
    session: str
    person: str
    taken_s: float
    label: str
    other: bool


@dataclass(frozen=True, slots=True)
class Units:
    """``kind`` of the units, and the unit of each sample, counted from 0; shape (n,)."""

    kind: str
    of: NDArray[np.int64]

    @property
    def number(self) -> int:
        return int(self.of.max()) + 1 if len(self.of) else 0


def units(origins: Sequence[Origin]) -> Units:
    """What may be swapped between two models as if it were independent.

    Images of one recording session share luck: the person, the light, the room. Where there are several people (or
    sources), whole sessions are swapped. Of one person alone nothing can be said about others: then the question is
    whether the model is better for this person, and time blocks are swapped; single images where no time is known.
    """
    several = len({one.person or one.session for one in origins}) > 1
    timed = all(one.taken_s == one.taken_s for one in origins)
    if several:
        return Units(SESSIONS, _codes([one.session for one in origins]))
    if timed:
        return Units(BLOCKS, _codes([f"{one.session}/{one.taken_s // BLOCK_S:.0f}" for one in origins]))
    return Units(SINGLE, np.arange(len(origins)))


def _codes(names: Sequence[str]) -> NDArray[np.int64]:
    return np.unique(np.array(names, dtype=object), return_inverse=True)[1].astype(np.int64)
