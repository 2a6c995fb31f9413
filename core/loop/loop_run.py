"""The state of one run of the loop, and the result of the gate."""

from __future__ import annotations

from dataclasses import dataclass

from core.catalog.tables import Dataset
from core.config.messages import Message
from core.models.registry import Version
from core.workloads.base import Drift, Scores


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether to retrain, and why. ``drift`` is None while there is no champion to compare with."""

    retrain: bool
    reason: Message
    drift: Drift | None = None

    @property
    def drifted(self) -> bool:
        return self.drift is not None and self.drift.found


@dataclass(frozen=True, slots=True)
class LoopRun:
    """The state of one run of the loop: evaluations and the result of the gate."""

    workload: str
    dataset: Dataset
    champion: Version | None
    scores: Scores | None
    gate: Gate
    flow_run_id: str | None = None
