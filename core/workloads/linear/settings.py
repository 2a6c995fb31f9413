"""Options of the workload ``linear``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from core.workloads.settings import WorkloadSettings


class LinearSettings(WorkloadSettings):
    """``SHIFUMI_LINEAR_…``"""

    model_config = SettingsConfigDict(env_prefix="SHIFUMI_LINEAR_")

    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.85
