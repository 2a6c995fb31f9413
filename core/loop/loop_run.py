"""The state of one run of the loop, and the result of the gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.catalog.tables import Dataset, Decision
from core.config.messages import Message, Messages
from core.loop.confidence_sequence import Fall
from core.loop.policy import Policy
from core.models.registry import Version
from core.workloads.base import Comparison, Drift, Evidence, Scores


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether to retrain, and why. ``drift`` is None while there is no champion to compare with; ``window`` is how many
    of the newest datasets the loss has been higher for."""

    retrain: bool
    reason: Message
    drift: Drift | None = None
    window: int = 1
    feedback: Fall | None = None
    """The fall of the accuracy on labelled predictions, if that is an alarm."""

    @property
    def drifted(self) -> bool:
        return self.drift is not None and self.drift.found


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenger that waits for data: ``evidence`` is what the datasets ``compared`` so far said about challengers of
    this champion since the alarm."""

    challenger: int
    evidence: Evidence
    compared: tuple[int, ...]
    """The datasets, the newest first."""

    @property
    def datasets(self) -> int:
        """How many there were."""
        return len(self.compared)


@dataclass(frozen=True, slots=True)
class Shadow:
    """The previous champion, measured beside the champion since the promotion."""

    version: Version
    scores: Scores
    evidence: Evidence
    """Of this dataset."""
    together: Evidence
    """Since the promotion."""


@dataclass(frozen=True, slots=True)
class LoopRun:
    """One turn of the loop as it stands: what was measured and what the gate said.

    ``judged`` is the decision that was made about this dataset and this champion before; then nothing is measured
    again. ``whole`` says that the champion was measured on every sample, because the dataset is new to it.
    """

    workload: str
    dataset: Dataset
    champion: Version | None
    scores: Scores | None
    gate: Gate
    policy: Policy
    flow_run_id: str | None = None
    whole: bool = False
    challenge: Challenge | None = None
    shadow: Shadow | None = None
    judged: Decision | None = None
    skipped: Dataset | None = None
    """A newer dataset that is quarantined."""
    held: Messages = ()
    """What a pin of the champion keeps from happening; the reason of the decision ends with it."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A challenger measured, and compared with the champion."""

    scores: Scores
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Steps:
    """The two long steps of a turn, plain or wrapped in tasks."""

    train: Callable[[LoopRun], Version]
    compare: Callable[[LoopRun, Version], Judgement]
