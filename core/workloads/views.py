"""Optional views of a workload: figures, metrics and notes as pure data. ``core.ui`` draws them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel

from core.catalog.tables import Dataset

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True, slots=True)
class Metric:
    """A value with its label, formatted; ``help`` explains it."""

    label: str
    value: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A note in Markdown."""

    kind: Literal["info", "warning", "success"]
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """One figure with its metrics and notes; ``alt`` is the text alternative of ``figure``."""

    figure: go.Figure | None = None
    alt: str = ""
    metrics: tuple[Metric, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Champion:
    """The serving model: version 0 is the starter. ``dataset`` is its training data, None when that was deleted."""

    version: int
    predictor: Any
    dataset: Dataset | None = None


@runtime_checkable
class Previews(Protocol):
    """A workload that can preview the effect of generation parameters."""

    def preview(self, choices: BaseModel, champion: Champion | None) -> View | None:
        """The effect of generating with ``choices`` (an instance of ``parameters``); None: nothing to show."""
        ...


@runtime_checkable
class DatasetViews(Protocol):
    """A workload whose datasets can be drawn."""

    def dataset_view(self, dataset: Dataset, champion: Champion | None) -> View:
        """A view of ``dataset``. Raises :class:`core.storage.lake.LakeError` when it cannot be read."""
        ...


@runtime_checkable
class PredictionViews(Protocol):
    """A workload on rows that can draw a prediction."""

    def prediction_view(self, champion: Champion, row: Mapping[str, float]) -> View:
        """A figure of the prediction for one row (feature name → value)."""
        ...
