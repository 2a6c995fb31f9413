"""Parameters of our flows: the model behind every form, and what is sent to Prefect."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from core.jobs import jobs
from core.workloads import WORKLOADS

CHOICES = "choices"
"""The flow parameter that contains a workload's own parameters."""


class CheckParameters(BaseModel):
    """The parameters of a check."""

    model_config = ConfigDict(extra="forbid")

    forced: bool = Field(
        default=False,
        title="Force retraining",
        description="Trains a challenger even when the gate does not ask for it. It is promoted only when it is "
        "better.",
    )


def parameters_of(kind: str, workload: str) -> type[BaseModel] | None:
    """The parameters of a run of ``kind`` on ``workload``; None when there are none."""
    if workload not in WORKLOADS:
        return None
    if kind == jobs.GENERATE:
        model = WORKLOADS[workload].parameters
        return model if model.model_fields else None
    return CheckParameters if kind == jobs.CHECK else None


def as_sent(kind: str, chosen: BaseModel) -> dict[str, Any]:
    """The flow's parameters as plain JSON."""
    plain = chosen.model_dump(mode="json")
    return {CHOICES: plain} if kind == jobs.GENERATE else plain
