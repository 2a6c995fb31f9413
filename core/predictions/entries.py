"""Entries of the prediction log: what an answered request leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby, islice
from operator import is_, itemgetter, ne
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalog.tables import utcnow

SAMPLE_ROWS = 5
"""How many rows of a request are kept, each as its features followed by the answer."""

TOGETHER = 100
"""At most so many requests with one row each make one entry, when more than that arrived since the last write."""


class LogEntry(NamedTuple):
    """One row of the table ``predictions``: a request, or some with one row each that came together.

    ``positive_share``: rows answered with another class than the first, of two classes the share of the second;
    ``mean_confidence``: mean probability of the class that was answered. Both are 0 where numbers are predicted.
    """

    at: datetime
    workload: str
    version: int
    source: str
    rows: int
    positive_share: float
    mean_confidence: float
    sample: list[Any]


def summarise(
    workload: str, version: int, source: str, features: Sequence[Sequence[float]], answers: NDArray[np.float64]
) -> LogEntry:
    """The entry for one answered request of n > 0 rows.

    ``answers`` are probabilities per class, shape (n, k), or predicted values, shape (n,). Of two classes the sample
    keeps the probability of the second one only, as the log has always done.
    """
    rows = len(features)
    kept = answers[:SAMPLE_ROWS]
    if answers.ndim == 1:
        shares, told = (0.0, 0.0), kept[:, None]
    else:
        others, best = _others_and_best(answers)
        shares, told = (others / rows, best / rows), kept[:, 1:] if kept.shape[1] == 2 else kept
    sample = [[*row, *said] for row, said in zip(islice(features, SAMPLE_ROWS), told.tolist(), strict=True)]
    return LogEntry(utcnow(), workload, version, source, rows, *shares, sample)


def _others_and_best(answers: NDArray[np.float64]) -> tuple[int, float]:
    """How many rows are not of the first class, and the sum of the highest probabilities."""
    if answers.shape[1] == 2:  # NumPy takes ten times as long along an axis of two
        first, second = answers[:, 0], answers[:, 1]
        return int(np.count_nonzero(second > first)), float(np.maximum(first, second).sum())
    return int(np.count_nonzero(answers.argmax(axis=1))), float(answers.max(axis=1).sum())


RowEntry = tuple[float, str, int, str, Sequence[float], list[float]]
"""One answered row as it was: seconds since 1970, workload, version, source, features, probability per class."""


def summary(entry: LogEntry | RowEntry) -> LogEntry:
    """:func:`summarise` for one row, without NumPy, whose calls take longer than answering the row does."""
    if isinstance(entry, LogEntry):
        return entry
    at, workload, version, source, row, probabilities = entry
    return LogEntry(datetime.fromtimestamp(at, UTC), workload, version, source, 1, *row_summary(row, probabilities))


def row_summary(row: Sequence[float], probabilities: list[float]) -> tuple[float, float, list[list[float]]]:
    best = max(probabilities)
    told = probabilities[1:] if len(probabilities) == 2 else probabilities
    return (0.0 if probabilities[0] == best else 1.0), best, [[*row, *told]]


def condensed(batch: Sequence[LogEntry | RowEntry]) -> list[LogEntry | RowEntry]:
    """The batch with its one-row requests in entries of up to :data:`TOGETHER`, if there are more of them than that.

    A row in the table for each of ten thousand requests a second would cost more than the answers, hold the
    catalog's lock, and push out in minutes what the log keeps. Counts, shares and means are those of all the rows.
    """
    # Functions of C only: this runs for each request, and holds the interpreter's lock.
    raw = sum(map(_is_raw, map(type, batch)))
    if raw <= TOGETHER:
        return list(batch)
    groups = (group for _, same in groupby(batch, key=_ORIGIN) for group in groupby(same, key=type))
    return [entry for kind, group in groups for entry in (_together(list(group)) if _is_raw(kind) else group)]


_ORIGIN = itemgetter(1, 2, 3)
"""Workload, version and source, of either kind of entry."""

_is_raw = partial(is_, tuple)


def _together(requests: list[Any]) -> list[LogEntry]:
    return [_as_one(requests[start : start + TOGETHER]) for start in range(0, len(requests), TOGETHER)]


def _as_one(requests: list[RowEntry]) -> LogEntry:
    """One entry, at the time of the first request, for requests that one version answered."""
    moments, workloads, versions, sources, features, answers = zip(*requests, strict=True)
    best, rows = list(map(max, answers)), len(requests)
    others = sum(map(ne, map(itemgetter(0), answers), best))
    first = zip(features[:SAMPLE_ROWS], answers[:SAMPLE_ROWS], strict=True)
    return LogEntry(
        datetime.fromtimestamp(moments[0], UTC),
        workloads[0],
        versions[0],
        sources[0],
        rows,
        others / rows,
        sum(best) / rows,
        [row_summary(row, told)[2][0] for row, told in first],
    )
