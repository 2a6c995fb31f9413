"""Options of ``penguins``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from core.workloads.settings import WorkloadSettings


class PenguinsSettings(WorkloadSettings):
    """``SHIFUMI_PENGUINS_…``"""

    model_config = SettingsConfigDict(env_prefix="SHIFUMI_PENGUINS_")

    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.9
