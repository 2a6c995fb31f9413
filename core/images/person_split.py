"""The split of images of known people: so that a model can learn a person and be judged on them.

Within a person, the frames of each class are split by time: the later ones are the holdout. Between the two sides lies
a gap, because neighbouring frames are nearly copies, and a model that is judged on copies of what it learnt looks
perfect. Across people, whole people are held out once there are enough of them.

Once an image has a split it keeps it: an image that a model learnt from never judges, and the other way round. Frames
that arrive later are placed around those.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.images.splits import HOLDOUT, OPEN, TRAIN, UNUSED, VAL, Split

GAP_S = 1.0
"""Frames of one class that are closer than this never lie on two sides. A hand that moves looks different after a
second."""

HOLDOUT_SHARE, VAL_SHARE = 0.3, 0.1
"""Of each class. A third of one person's frames judges: three short holds have few to begin with."""

PEOPLE_ENOUGH, ONE_IN = 8, 5
"""From the eighth person on, a fifth of all people are held out as a whole. With fewer, each would be missed too much
in training, and one or two people say little about others."""

_SHORT, _LEAST_WITH_VAL = 5, 10


@dataclass(frozen=True, slots=True)
class Frame:
    """One labelled image. ``label``: its class, empty without objects; ``at``: seconds since the epoch; ``flagged``: a
    model is known to be wrong on it."""

    key: int
    person: str
    label: str
    at: float
    split: str = OPEN
    flagged: bool = False


def plan(frames: Iterable[Frame]) -> dict[int, Split]:
    """Frame's key → split, for those that have none yet; the order of ``frames`` does not matter."""
    people: dict[str, list[Frame]] = defaultdict(list)
    for frame in sorted(frames, key=lambda one: (one.at, one.key)):
        people[frame.person].append(frame)
    whole = _held_out(people)
    decided: dict[int, Split] = {}
    for person, seen in people.items():
        if person in whole:
            decided |= {one.key: UNUSED if one.flagged else HOLDOUT for one in seen if one.split == OPEN}
            continue
        for label in sorted({one.label for one in seen}):
            decided |= _placed([one for one in seen if one.label == label])
    return decided


def _held_out(people: dict[str, list[Frame]]) -> set[str]:
    """People of whom nothing is learnt: those that were held out before, and every fifth newcomer, unless only they
    show one of the classes."""
    decided = {person: {one.split for one in seen} - {OPEN, UNUSED} for person, seen in people.items()}
    known = sum(bool(splits) for splits in decided.values())
    # Of fewer people nobody was held out: somebody's training images were deleted.
    enough = known >= PEOPLE_ENOUGH
    whole = {person for person, splits in decided.items() if enough and splits == {HOLDOUT}}
    newcomers = [person for person, splits in decided.items() if not splits]
    for person in sorted(newcomers, key=lambda name: (people[name][0].at, name)):
        known += 1
        if known >= PEOPLE_ENOUGH and len(whole) < known // ONE_IN and _may_miss(person, people, whole):
            whole.add(person)
    return whole


def _may_miss(person: str, people: dict[str, list[Frame]], whole: set[str]) -> bool:
    """Whether the others show all that this person shows, and there is something to judge by."""
    others = {one.label for name, seen in people.items() if name != person and name not in whole for one in seen}
    return any(not one.flagged for one in people[person]) and {one.label for one in people[person]} <= others


def _placed(frames: Sequence[Frame]) -> dict[int, Split]:
    """Frames of one person and one class, in order of time: those without a split get one."""
    known = [one for one in frames if one.split not in {OPEN, UNUSED}]
    new = [one for one in frames if one.split == OPEN]
    made: dict[int, Split] = {}
    free = []
    times = _times(known)
    for one in new:
        near = {
            other.split for other in known[bisect_right(times, one.at - GAP_S) : bisect_left(times, one.at + GAP_S)]
        }
        if one.flagged:
            made[one.key] = TRAIN
        elif len(near) == 1:
            made[one.key] = _as_split(near.pop())
        elif near:
            made[one.key] = UNUSED
        else:
            free.append(one)
    gap = _gap(free)
    made |= _cut(free, known, gap)
    return _apart(known, new, made, gap)


def _as_split(name: str) -> Split:
    return HOLDOUT if name == HOLDOUT else VAL if name == VAL else TRAIN


def _gap(frames: Sequence[Frame]) -> float:
    """A fifth of the time where that is shorter than :data:`GAP_S`, so that a short hold can be split."""
    return min(GAP_S, (frames[-1].at - frames[0].at) / _SHORT) if frames else GAP_S


def _cut(free: Sequence[Frame], known: Sequence[Frame], gap: float) -> dict[int, Split]:
    """Training first, then validation, then the holdout, as many as each is short of."""
    total = len(free) + len(known)
    times = np.array([one.at for one in free])
    kept, first = _later(times, round(HOLDOUT_SHARE * total) - _count(known, HOLDOUT), gap)
    made: dict[int, Split] = {one.key: HOLDOUT for one in free[first:]}
    made |= {one.key: UNUSED for one in free[kept:first]}
    learnt = free[:kept]
    wanted = round(VAL_SHARE * total) - _count(known, VAL) if len(learnt) >= _LEAST_WITH_VAL else 0
    kept, first = _later(times[: len(learnt)], wanted, gap)
    if kept < len(learnt) / 2:  # one short hold: better no validation than hardly any training
        kept = first = len(learnt)
    made |= {one.key: VAL for one in learnt[first:]}
    made |= {one.key: UNUSED for one in learnt[kept:first]}
    return made | {one.key: TRAIN for one in learnt[:kept]}


def _later(times: NDArray[np.float64], wanted: int, gap: float) -> tuple[int, int]:
    """Where to cut so that about ``wanted`` lie behind it and the fewest are lost to the gap: ``[:first result]`` stay
    before, ``[second result:]`` lie behind. Without a cut both are the number of times."""
    number = len(times)
    if wanted < 1 or number < 3 or gap <= 0:
        return number, number
    first = np.arange(1, number)
    kept = np.searchsorted(times, times[1:] - gap, side="right")
    kept = np.minimum(kept, first)
    cost = np.abs(number - first - wanted) + (first - kept) + np.where(kept > 0, 0, 2 * number)
    best = int(np.argmin(cost))
    return int(kept[best]), int(first[best])


def _apart(known: Sequence[Frame], new: Sequence[Frame], made: dict[int, Split], gap: float) -> dict[int, Split]:
    """Whatever still lies too near to the other side is left out: first of the holdout, then of the rest."""
    learnt = _times(one for one in known if one.split != HOLDOUT) + _times(one for one in new if one.flagged)
    for one in new:
        if made[one.key] == HOLDOUT and _near(one.at, learnt, GAP_S):
            made[one.key] = UNUSED
    old = _times(one for one in known if one.split == HOLDOUT)
    late = _times(one for one in new if made[one.key] == HOLDOUT)
    for one in new:
        if made[one.key] in {TRAIN, VAL} and (_near(one.at, old, GAP_S) or _near(one.at, late, gap)):
            made[one.key] = UNUSED
    return made


def _times(frames: Iterable[Frame]) -> list[float]:
    return sorted(one.at for one in frames)


def _near(at: float, times: Sequence[float], gap: float) -> bool:
    """Whether one of the sorted ``times`` is closer to ``at`` than ``gap``."""
    place = bisect_left(times, at)
    return any(abs(times[index] - at) < gap for index in (place - 1, place) if 0 <= index < len(times))


def _count(frames: Sequence[Frame], split: str) -> int:
    return sum(one.split == split for one in frames)
