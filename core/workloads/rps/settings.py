"""Options of the workload ``rps``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from core.workloads.settings import WorkloadSettings


class RpsSettings(WorkloadSettings):
    """``SHIFUMI_RPS_…``"""

    model_config = SettingsConfigDict(env_prefix="SHIFUMI_RPS_")

    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.6
    base: str = "starter"
    head: bool = True
    imgsz: Annotated[int, Field(ge=64, le=1280, multiple_of=32)] = 320
    epochs: Annotated[int, Field(ge=1, le=1000)] = 20
    patience: Annotated[int, Field(ge=0)] = 6
    freeze: Annotated[int, Field(ge=0, le=23)] = 10
    batch: Annotated[int, Field(ge=2, le=256)] = 8
    device: str = "auto"
    train_threads: Annotated[int, Field(ge=0)] = 0
    runtime: Literal["auto", "openvino", "onnx"] = "auto"
    threads: Annotated[int, Field(ge=0)] = 0
