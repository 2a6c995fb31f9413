"""What data yet to be made will mean for the champion, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.config.numbers import score
from core.workloads.linear.preview import Outlook


@dataclass(frozen=True, slots=True)
class Prospect:
    """How data yet to be made relates to the champion."""

    kind: Literal["hopeless", "far", "near", "same"]
    text: str


def prospect(version: int, differ: Sequence[str], seen: Outlook, best: float) -> Prospect:
    """What generating such data leads to. ``differ`` says in words how it differs from the champion's training
    data, ``best`` is the accuracy that no straight line can beat on it."""
    changed = f": {', '.join(differ)}" if differ else ""
    if best < seen.threshold:
        text = f"**Too hard for any straight line**: {score(best)} at best, the threshold is {seen.threshold:g}."
        return Prospect("hopeless", f"{text} Every check will retrain, in vain.")
    if seen.retrains:
        why = []
        if seen.accuracy < seen.threshold:
            why.append(f"On it, its accuracy would be about {seen.accuracy:.2f}; the threshold is {seen.threshold:g}.")
        if seen.drifted:
            why.append(f"{' and '.join(seen.drifted)} would count as drifted.")
        return Prospect(
            "far",
            f"**Far from what champion v{version} learnt**{changed}. {' '.join(why)} The next check will retrain.",
        )
    if differ:
        return Prospect("near", f"Close to what champion v{version} learnt{changed}. It should still hold.")
    return Prospect("same", f"The same kind of data that champion v{version} learnt from.")
