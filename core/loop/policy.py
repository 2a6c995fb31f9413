"""The policy: when the loop trains, and how sure it must be to promote."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from core.config.settings import get_settings
from core.workloads.base import Workload


@dataclass(frozen=True, slots=True)
class Policy:
    """Levels are error probabilities, gains and losses differences of the mean loss of one sample (0 to 1)."""

    threshold: float
    """The metric under which the alarm is raised in any case."""
    alarm_alpha: float
    alarm_min_loss: float
    promote_alpha: float
    promote_min_gain: float
    confirmations: int
    """How many datasets that the challenger was not trained on it must have been compared on before a promotion."""
    patience: int
    """After so many without a promotion the challenger is rejected."""

    @classmethod
    def of(cls, workload: Workload) -> Self:
        """The policy of a workload, from the settings.

        Where datasets are cumulative, the holdout is new to every model at once, and nothing has to be waited for.
        """
        settings = get_settings()
        return cls(
            threshold=workload.threshold,
            alarm_alpha=settings.alarm_alpha,
            alarm_min_loss=settings.alarm_min_loss,
            promote_alpha=settings.promote_alpha,
            promote_min_gain=settings.promote_min_gain,
            confirmations=0 if workload.cumulative else settings.promote_confirmations,
            patience=settings.promote_patience,
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
