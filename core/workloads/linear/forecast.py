"""Describes the expected effect of new data on the champion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.config.numbers import score
from core.workloads.linear.preview import ExpectedCheck


@dataclass(frozen=True, slots=True)
class DataForecast:
    """The expected relation of new data to the champion."""

    kind: Literal["hopeless", "far", "near", "same"]
    text: str


def forecast(version: int, differ: Sequence[str], seen: ExpectedCheck, best: float) -> DataForecast:
    """The expected effect of generating such data. ``differ`` describes how it differs from the champion's training
    data, ``best`` is the best possible accuracy on it.
    """
    changed = f": {', '.join(differ)}" if differ else ""
    if best < seen.threshold:
        text = f"**Not separable by a straight line**: {score(best)} at best, the threshold is {seen.threshold:g}."
        return DataForecast("hopeless", f"{text} Every check will retrain without success.")
    if seen.retrains:
        why = []
        if seen.accuracy < seen.threshold:
            why.append(f"Expected accuracy: about {seen.accuracy:.2f}; the threshold is {seen.threshold:g}.")
        if seen.drifted:
            why.append(f"{' and '.join(seen.drifted)} would count as drifted.")
        return DataForecast(
            "far",
            f"**Far from the training data of champion v{version}**{changed}. {' '.join(why)} "
            "The next check will retrain.",
        )
    if differ:
        return DataForecast(
            "near", f"Close to the training data of champion v{version}{changed}. It should still do well."
        )
    return DataForecast("same", f"The same kind of data that champion v{version} was trained on.")
