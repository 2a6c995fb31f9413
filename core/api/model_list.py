"""``GET /models``: the served models and their inputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, Field

from core.api.predict_images import MEDIA_TYPES
from core.models.registry import model_name
from core.models.serving import ChampionWatcher
from core.workloads import get_workload
from core.workloads.base import Workload


class FeatureInfo(BaseModel):
    """One column of a row; the order of the list is the order in a row."""

    name: str
    title: str
    unit: str
    low: float = Field(description="Lower end of the typical range; other values are accepted too")
    high: float


class ModelInfo(BaseModel):
    """A served champion. Rows have ``features``, images have none."""

    workload: str
    title: str
    description: str
    data_kind: Literal["rows", "images", "clips"]
    task: Literal["classification", "regression", "detection"]
    path: str = Field(description="Path for POST requests")
    media_types: list[str] = Field(description="Accepted values of Content-Type")
    classes: list[str] = Field(description="Labels in the order of the probabilities; empty for regression")
    features: list[FeatureInfo]
    model: str
    version: int = Field(description="0: the starter model")
    dataset_id: int
    metric: str = Field(description="The metric by which champion and challenger are compared")


class ModelList(BaseModel):
    models: list[ModelInfo]


def list_models(watchers: Iterable[ChampionWatcher]) -> ModelList:
    """The workloads with a champion, from memory."""
    return ModelList(models=[info for watcher in watchers if (info := _info(watcher)) is not None])


def path_of(workload: str) -> str:
    """The prediction route of a workload."""
    return f"/predict/{workload}"


def media_types_of(workload: Workload) -> list[str]:
    return list(MEDIA_TYPES) if workload.data_kind == "images" else ["application/json"]


def _info(watcher: ChampionWatcher) -> ModelInfo | None:
    served = watcher.current
    version = served.version if served else watcher.known
    if version is None:
        return None
    workload = get_workload(watcher.workload)
    # A model keeps the labels it was trained with; those of the workload may be newer.
    source: Any = served.predictor if served else workload
    return ModelInfo(
        workload=workload.name,
        title=workload.title,
        description=workload.description,
        data_kind=workload.data_kind,
        task=workload.task,
        path=path_of(workload.name),
        media_types=media_types_of(workload),
        classes=list(getattr(source, "classes", ())),
        features=[
            FeatureInfo(name=f.name, title=f.title or f.name, unit=f.unit, low=f.low, high=f.high)
            for f in workload.features
        ],
        model=model_name(workload.name),
        version=version.version,
        dataset_id=version.dataset_id,
        metric=workload.metric,
    )
