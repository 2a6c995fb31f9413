"""A world that the loop learns from: what it is truly like, and what its datasets say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.auth.roles import SYSTEM
from core.catalog.tables import Decision, Evaluation
from core.loop import decisions, loop
from core.models.registry import CHAMPION
from core.storage import datasets, lake
from core.workloads.linear.data import generate_columns
from tests.bench.memory_registry import MemoryRegistry

Columns = dict[str, NDArray[Any]]
Damage = Callable[[Columns], Columns]

_JUDGES = 50_000


@dataclass(slots=True)
class World:
    """One installation over time. ``lost`` is by how much the serving model is worse than the best possible one, per
    dataset, on the true world; ``kinds`` the decision on each."""

    registry: MemoryRegistry
    rows: int
    seed: int
    lost: list[float] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    gains: list[float] = field(default_factory=list)
    """What each promotion changed, on the true world."""
    arrived: int = 0

    def arrive(self, angle: float = 0.0, damage: Damage | None = None, spread: float = 1.0) -> None:
        """A dataset of the world as it is now arrives, perhaps damaged."""
        seed = self.seed * 1000 + self.arrived
        self.arrived += 1
        columns = generate_columns(rows=self.rows, noise=0.2, balance=0.5, angle=angle, offset=0.0, seed=seed)
        columns = _stretched(columns, angle, spread)
        stored = lake.write(damage(columns) if damage else columns, "linear")
        datasets.register(stored, "linear", {"angle": angle}, SYSTEM)

    def turn(self, angle: float = 0.0, damage: Damage | None = None, spread: float = 1.0) -> str:
        """A dataset arrives, and the loop turns once."""
        self.arrive(angle, damage, spread)
        before = self.accuracy(angle) if CHAMPION in self.registry.aliases else None
        kind = loop.run_once("linear").kind
        after = self.accuracy(angle)
        if kind == decisions.PROMOTED and before is not None:
            self.gains.append(after - before)
        self.kinds.append(kind)
        self.lost.append(best() - after)
        return kind

    def accuracy(self, angle: float) -> float:
        """Of the serving model, on a large sample of the true world."""
        features, labels = _sample(angle)
        return float(np.mean((self.registry.serving.probabilities(features)[:, 1] > 0.5) == labels))


def forget() -> None:
    """An empty history: the next world begins."""
    from core.catalog.engine import writing

    with writing() as session:
        for table in (Decision, Evaluation, datasets.Dataset):
            session.query(table).delete()


def best() -> float:
    """The best possible accuracy at this noise."""
    return float(1 - np.arctan(0.2) / np.pi)


@cache
def _sample(angle: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    columns = generate_columns(rows=_JUDGES, noise=0.2, balance=0.5, angle=angle, offset=0.0, seed=2**31)
    return np.column_stack([columns["x1"], columns["x2"]]), columns["label"].astype(bool)


def _stretched(columns: Columns, angle: float, spread: float) -> Columns:
    """Moved features, same boundary: points spread along the boundary by ``spread``."""
    if spread == 1.0:
        return columns
    turned = np.deg2rad(angle)
    along = np.array([-np.sin(turned), np.cos(turned)])
    shift = (spread - 1) * (columns["x1"] * along[0] + columns["x2"] * along[1])
    return {**columns, "x1": columns["x1"] + shift * along[0], "x2": columns["x2"] + shift * along[1]}


def flipped(columns: Columns) -> Columns:
    """Each label is the other one."""
    return {**columns, "label": (1 - columns["label"]).astype(np.int8)}


def negated(columns: Columns) -> Columns:
    """The signs of all features are swapped."""
    return {**columns, "x1": -columns["x1"], "x2": -columns["x2"]}


def half_mislabelled(columns: Columns) -> Columns:
    """Every second row of class 1 is called 0."""
    labels = columns["label"].copy()
    ones = np.flatnonzero(labels == 1)
    labels[ones[::2]] = 0
    return {**columns, "label": labels}


def rescaled(columns: Columns) -> Columns:
    """The first feature comes in another unit."""
    return {**columns, "x1": columns["x1"] * 100}


DAMAGES: dict[str, Damage] = {
    "labels flipped": flipped,
    "signs of features swapped": negated,
    "half of class 1 called 0": half_mislabelled,
    "x1 × 100": rescaled,
}
