"""Health of the sidecar. Public: contains no secrets, addresses or file names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field

from core import __version__
from core.api.catalog_probe import CatalogProbe
from core.models.serving import ChampionWatcher
from core.predictions.log import PredictionLog
from core.workloads import DEFAULT

State = Literal["healthy", "starting", "idle", "empty", "unhealthy"]
"""``idle``: the model is loaded with the first request. ``empty``: no error, but nothing to serve yet."""


class Component(BaseModel):
    """One component that predictions depend on. ``detail`` describes the problem and the remedy."""

    state: State = "healthy"
    detail: str = ""


class ModelComponent(Component):
    """``version`` is the model that serves now; null before a model is loaded."""

    version: int | None = None


class Components(BaseModel):
    """``model`` serves ``/predict``; ``models`` are those of all served workloads, including that one."""

    catalog: Component
    model: ModelComponent
    models: dict[str, ModelComponent]
    prediction_log: Component


class Health(BaseModel):
    """The response means that the sidecar runs; ``degraded``: a component has a problem."""

    status: Literal["ok", "degraded"]
    version: str = Field(default=__version__, description="Version of the program")
    components: Components


class Ready(BaseModel):
    """A model is loaded and serves."""

    status: Literal["ready"] = "ready"
    version: int = Field(description="Version of the model")


def health(watchers: Mapping[str, ChampionWatcher], log: PredictionLog, probe: CatalogProbe) -> Health:
    """The state of every component, from memory."""
    models = {name: _model(watcher) for name, watcher in watchers.items()}
    components = Components(catalog=_catalog(probe), model=models[DEFAULT], models=models, prediction_log=_log(log))
    parts = (components.catalog, components.prediction_log, *models.values())
    ill = any(part.state == "unhealthy" for part in parts)
    return Health(status="degraded" if ill else "ok", components=components)


def _catalog(probe: CatalogProbe) -> Component:
    if not probe.checked:
        return Component(state="starting")
    if probe.problem is None:
        return Component()
    return Component(
        state="unhealthy", detail="The catalog does not respond: `python3 manage.py doctor` shows details."
    )


def _model(watcher: ChampionWatcher) -> ModelComponent:
    version = watcher.current.version.version if watcher.current else None
    goes_on = f" Version {version} keeps serving." if version else ""
    match watcher.state:
        case "starting":
            return ModelComponent(state="starting", detail="The model is being loaded.")
        case "idle":
            return ModelComponent(state="idle", detail="The model is loaded with the first request.")
        case "serving":
            return ModelComponent(version=version)
        case "no-champion":
            detail = "There is no champion: train a model on the Train page."
            if version is None:
                return ModelComponent(state="empty", detail=detail)
        case "refused":
            detail = f"Version {watcher.refused} is damaged and was rejected. Train again, or roll back."
        case "unreachable":
            detail = "The MLflow store does not respond: `python3 manage.py doctor` shows details."
    return ModelComponent(state="unhealthy", detail=detail + goes_on, version=version)


def _log(log: PredictionLog) -> Component:
    if log.problem is None:
        return Component()
    detail = f"The log cannot be written; {log.queued:,} waiting, {log.dropped:,} dropped. Predictions continue."
    return Component(state="unhealthy", detail=detail)
