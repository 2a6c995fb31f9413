"""What a workload may offer besides the contract. One that lacks it simply has less."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from core.auth.roles import Actor
from core.config.messages import Message
from core.vision.boxes import NewBox
from core.vision.detections import Pixels


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """A training that takes minutes, as it stands. ``losses`` and ``figures`` are curves: name → one value per
    finished epoch, the first one's number being ``first_epoch``."""

    words: Message
    losses: dict[str, list[float]]
    figures: dict[str, list[float]]
    first_epoch: int = 1
    stopping: bool = False


@runtime_checkable
class ObservableTraining(Protocol):
    """Offered by workloads whose training takes minutes: it can be watched, and ended early."""

    def training_progress(self, since: datetime) -> TrainingProgress | None:
        """The training that began after ``since``; None while there is nothing to show. Cheap: asked every second."""
        ...

    def stop_early(self, actor: Actor) -> bool:
        """End the running training soon, keeping the best model so far; False when none runs.

        Raises ``ForbiddenError``.
        """
        ...


@runtime_checkable
class UsesGpu(Protocol):
    """Offered by workloads whose training profits from a GPU: it may then wait in a queue of its own for a worker
    that has one."""

    @property
    def wants_gpu(self) -> bool: ...


@runtime_checkable
class Playable(Protocol):
    """Offered by workloads whose classes beat each other: the Live page then has a game."""

    @property
    def beats(self) -> Mapping[str, str]:
        """Class → the class that it beats."""
        ...

    @property
    def icons(self) -> Mapping[str, str]:
        """Class → what is shown before its name; a class may lack one."""
        ...


@runtime_checkable
class UserLabels(Protocol):
    """Offered by workloads on images whose labels are data: people make, rename and remove them in the app."""

    @property
    def own_labels(self) -> bool: ...


@runtime_checkable
class ClassSynonyms(Protocol):
    """Offered by workloads that know what others call their classes: it helps with imports."""

    @property
    def synonyms(self) -> Mapping[str, Collection[str]]:
        """Class → other names of it, in small letters."""
        ...


@runtime_checkable
class ImageSynthesis(Protocol):
    """Offered by workloads on images that can make some when a dataset is generated."""

    @property
    def labelled_only(self) -> Mapping[str, Any]:
        """The parameters with which a dataset holds the labelled images that are there, and none is made."""
        ...


class ProposerMissingError(RuntimeError):
    """A proposer cannot be installed; the message says why and what to do."""


class Proposer(Protocol):
    """Proposes boxes for images that nobody has labelled yet."""

    @property
    def name(self) -> str:
        """What people know it by."""
        ...

    def available(self) -> str | None:
        """None when it can be used, else the reason why not, for people."""
        ...

    def install(self) -> str:
        """Install what is missing; returns what there is now, for people. Raises :class:`ProposerMissingError`."""
        ...

    def propose(self, pixels: Pixels) -> list[NewBox]:
        """Boxes for one image; an empty list when it sees nothing."""
        ...


@runtime_checkable
class LabelProposals(Protocol):
    """Offered by workloads with a helper that labels images."""

    def proposer(self) -> Proposer | None:
        """The helper; None when there is none in this installation."""
        ...


@runtime_checkable
class SqlExamples(Protocol):
    """Offered by workloads with SQL queries worth trying on their datasets."""

    @property
    def sql_examples(self) -> Mapping[str, str]:
        """Title → query."""
        ...
