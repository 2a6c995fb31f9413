"""What a workload shows besides: figures, metrics and notes as pure data. ``core.ui`` draws them."""

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
    """A figure with its label, as it is shown; ``help`` explains it."""

    label: str
    value: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for people, in Markdown."""

    kind: Literal["info", "warning", "success"]
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """One picture with what belongs to it; ``alt`` says in words what ``figure`` shows."""

    figure: go.Figure | None = None
    alt: str = ""
    metrics: tuple[Metric, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Champion:
    """The model that serves: version 0 is one that ships. ``dataset`` is its training data, None when that is gone."""

    version: int
    predictor: Any
    dataset: Dataset | None = None


@runtime_checkable
class Previews(Protocol):
    """Offered by workloads that can show what a person's choices will give."""

    def preview(self, choices: BaseModel, champion: Champion | None) -> View | None:
        """What generating with ``choices`` (an instance of ``parameters``) leads to; None: there is nothing to show."""
        ...


@runtime_checkable
class DatasetViews(Protocol):
    """Offered by workloads whose datasets can be drawn."""

    def dataset_view(self, dataset: Dataset, champion: Champion | None) -> View:
        """A look into ``dataset``. Raises :class:`core.storage.lake.LakeError` when it cannot be read."""
        ...


@runtime_checkable
class PredictionViews(Protocol):
    """Offered by workloads on rows that draw more than the answer."""

    def prediction_view(self, champion: Champion, row: Mapping[str, float]) -> View:
        """The answer for one row (feature name → value) in a picture."""
        ...
