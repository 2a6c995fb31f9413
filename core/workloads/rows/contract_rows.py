"""Rows as a data contract sees them: plain arrays, in which a missing value is NaN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.catalog.tables import Dataset
from core.storage import lake
from core.workloads.base import Task
from core.workloads.rows.columns import HOLDOUT

SAMPLE = 20_000
"""Rows that models are fitted on and quantiles taken of: more change no finding, but cost seconds."""

_REFERENCE_ROWS = 200_000
_SEED = 7

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a dataset: its features, what is learnt (``answer``), and the classes, none for regression."""

    features: tuple[str, ...]
    answer: str
    classes: tuple[str, ...] = ()
    task: Task = "classification"


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """``features`` float64, shape (n, f); ``answers`` float64 (indices of classes or targets) and ``holdout`` bool,
    shape (n,). ``pairs`` is how many pairs of equal rows there were among the ``size`` rows of the file, or of the
    sample that was read of it; ``copies`` how many rows repeat an earlier one."""

    features: Floats
    answers: Floats
    holdout: NDArray[np.bool_]
    size: int
    pairs: int
    copies: int

    @classmethod
    def of(cls, features: Floats, answers: Floats, holdout: NDArray[np.bool_]) -> Rows:
        """Count equal rows, in features and answer, and keep the arrays."""
        together = np.column_stack([features, answers])
        repeats = _repeats(together)
        pairs = int((repeats * (repeats - 1) // 2).sum())
        return cls(features, answers, holdout, len(answers), pairs, len(answers) - len(repeats))

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Rows:
        """Some of the rows; ``size``, ``pairs`` and ``copies`` stay those of the file."""
        kept = (self.features[chosen], self.answers[chosen], self.holdout[chosen])
        return Rows(*kept, self.size, self.pairs, self.copies)

    def sampled(self, most: int = SAMPLE) -> Rows:
        """At most so many rows, drawn at random and the same ones each time."""
        if len(self.answers) <= most:
            return self
        return self.where(np.sort(np.random.default_rng(_SEED).choice(len(self.answers), most, replace=False)))

    @property
    def finite(self) -> NDArray[np.bool_]:
        """Shape (n,): rows without NaN and infinity."""
        return np.asarray(np.isfinite(self.features).all(axis=1) & np.isfinite(self.answers))


def _repeats(rows: Floats) -> NDArray[np.int64]:
    """How often each different row is there, by a 64-bit hash of it."""
    import pandas as pd

    hashed = pd.util.hash_pandas_object(pd.DataFrame(rows), index=False).to_numpy()
    return np.asarray(np.unique(hashed, return_counts=True)[1], dtype=np.int64)


def read(dataset: Dataset, schema: Schema) -> Rows:
    """All rows of ``dataset``. Raises :class:`core.storage.lake.LakeError`."""
    return _read(dataset.path, schema, None)


def read_references(references: Sequence[Dataset], schema: Schema) -> list[Rows]:
    """A sample of each dataset, its broken rows left out. Raises :class:`core.storage.lake.LakeError`."""
    return [_reference(one.path, schema) for one in references]


# A dataset's file never changes, so nothing cached here grows old.
@lru_cache(maxsize=8)
def _reference(path: str, schema: Schema) -> Rows:
    rows = _read(path, schema, _REFERENCE_ROWS)
    return rows.where(rows.finite).sampled()


def _read(path: str, schema: Schema, limit: int | None) -> Rows:
    found = lake.read(path, [*schema.features, schema.answer, HOLDOUT], limit=limit)
    columns = [found[name].astype(np.float64, copy=False) for name in schema.features]
    answers = found[schema.answer].astype(np.float64, copy=False)
    return Rows.of(np.column_stack(columns), answers, found[HOLDOUT].astype(np.bool_))
