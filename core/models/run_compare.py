"""Comparison of runs: what differs between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core.models.runs import Run

Kind = Literal["parameter", "metric"]


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter or metric across runs, in the runs' order. None: that run has no such value."""

    kind: Kind
    name: str
    values: tuple[str | float | None, ...]

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


def rows(runs: Sequence[Run]) -> list[Row]:
    """Every metric, then every parameter, of any of the runs; differing ones first.

    The bounds of confidence intervals belong to their metric and get no row.
    """
    found = [*_rows("metric", [run.metrics for run in runs]), *_rows("parameter", [run.parameters for run in runs])]
    return sorted(found, key=lambda row: (row.kind != "metric", not row.differs))


def _rows(kind: Kind, tables: Sequence[Mapping[str, str | float]]) -> list[Row]:
    names = list(dict.fromkeys(name for table in tables for name in table))
    shown = [name for name in names if kind == "parameter" or not is_bound(name, names)]
    return [Row(kind, name, tuple(table.get(name) for table in tables)) for name in shown]


def label(run: Run) -> str:
    """A run's label in a comparison: its version if it has one."""
    return f"v{run.versions[-1]} · {run.name}" if run.versions else f"{run.name} · {run.id[:6]}"


def labels(runs: Sequence[Run]) -> list[str]:
    """:func:`label` for each run, with the start of the id where two would be equal."""
    plain = [label(run) for run in runs]
    return [f"{name} · {run.id[:6]}" if plain.count(name) > 1 else name for name, run in zip(plain, runs, strict=True)]


def interval(metrics: Mapping[str, float], name: str) -> tuple[float, float] | None:
    """The confidence interval that the loop logs beside a metric."""
    low, high = metrics.get(f"{name}_low"), metrics.get(f"{name}_high")
    return None if low is None or high is None else (low, high)


def is_bound(name: str, names: Mapping[str, float] | Sequence[str]) -> bool:
    """Whether ``name`` is only a bound of another metric's interval."""
    stem, _, end = name.rpartition("_")
    return end in {"low", "high"} and stem in names
