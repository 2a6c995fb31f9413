"""The data contract of rows, units: constant, re-scaled and shifted columns. Arrays in, findings out.

Robust statistics, the interquartile range and the median, with distribution-free confidence intervals from order
statistics (David and Nagaraja, *Order Statistics*, 2003, section 7.1): a column is only re-scaled when its interval
lies beyond the limit. Where there are classes, all of them have to tell the same: other shares of well separated
classes change the spread of a column as a whole, another unit changes it within each class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from core.config.messages import say
from core.workloads.contract import Finding
from core.workloads.rows.contract_rows import Floats, Rows, Schema

MOST_SPREAD, MOST_SHIFT = 3.0, 5.0
"""The spread may be a third to three times the reference's; the median may move by five of its interquartile ranges."""

_LEVEL = 1e-5
"""Of each quantile's interval: there are many, and the limits are wide."""

_LEAST_OF_CLASS = 30
_PAIRS = ((0.25, 0.75), (0.05, 0.95), (0.005, 0.995))
"""Ranges to measure the spread by: the next one where the reference has none, such as a column that is mostly zero."""

_DRAWN = (0.005, 0.25, 0.5, 0.75, 0.995)


@dataclass(frozen=True, slots=True)
class _Interval:
    """An estimate with its confidence interval."""

    value: float
    low: float
    high: float


def constant(rows: Rows, references: Sequence[Rows], schema: Schema) -> Iterator[Finding]:
    """Features with one value only, unless the references have no other either. ``rows`` are finite."""
    for place, name in enumerate(schema.features):
        column = rows.features[:, place]
        usual = _pooled(references, place)
        if np.ptp(column) == 0 and (usual is None or np.ptp(usual) > 0):
            yield Finding(say("contract.constant", feature=name), _quantiles(name, column, usual))


def other_units(rows: Rows, references: Sequence[Rows], schema: Schema) -> Iterator[Finding]:
    """Columns, the target of a regression among them, whose spread or median is far from the references'."""
    if not references:
        return
    here, before = rows.sampled(), _joined(references)
    groups = [(slice(None), slice(None)), *_by_class(here, before, schema)]
    columns = [(name, here.features[:, at], before.features[:, at]) for at, name in enumerate(schema.features)]
    if schema.task == "regression":
        columns.append((schema.answer, here.answers, before.answers))
    for name, now, usual in columns:
        if np.ptp(now) > 0:
            yield from _other_unit(name, now, usual, groups)


def _other_unit(name: str, now: Floats, usual: Floats, groups: Sequence[tuple[Any, Any]]) -> Iterator[Finding]:
    parts = [(np.sort(now[mine]), np.sort(usual[theirs])) for mine, theirs in groups]
    ratios = [_spread_ratio(*part) for part in parts]
    drawn = _quantiles(name, now, usual)
    if all(one.low > MOST_SPREAD for one in ratios) or all(one.high < 1 / MOST_SPREAD for one in ratios):
        yield Finding(say("contract.rescaled", feature=name, ratio=_rounded(ratios[0].value)), drawn)
        return
    moves = [_move(*part) for part in parts]
    if all(one.low > MOST_SHIFT for one in moves) or all(one.high < -MOST_SHIFT for one in moves):
        before, after = _rounded(float(np.median(usual))), _rounded(float(np.median(now)))
        spreads = _rounded(abs(moves[0].value))
        yield Finding(say("contract.shifted", feature=name, before=before, now=after, spreads=spreads), drawn)


def _by_class(here: Rows, before: Rows, schema: Schema) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Both sides' rows of each class that is there often enough to say something."""
    pairs = [(here.answers == label, before.answers == label) for label in range(len(schema.classes))]
    return [pair for pair in pairs if min(pair[0].sum(), pair[1].sum()) >= _LEAST_OF_CLASS]


def _spread_ratio(now: Floats, usual: Floats) -> _Interval:
    """How many times wider ``now`` is; both sorted. Without any spread in ``usual`` nothing can be said."""
    for low, high in _PAIRS:
        theirs = _spread(usual, low, high)
        if theirs.value > 0:
            mine = _spread(now, low, high)
            most = mine.high / theirs.low if theirs.low > 0 else np.inf
            return _Interval(mine.value / theirs.value, mine.low / theirs.high, most)
    return _Interval(1.0, 0.0, np.inf)


def _move(now: Floats, usual: Floats) -> _Interval:
    """How far the median moved, in interquartile ranges of ``usual``; both sorted."""
    spread = next((one.value for pair in _PAIRS if (one := _spread(usual, *pair)).value > 0), 0.0)
    if spread == 0:
        return _Interval(0.0, -np.inf, np.inf)
    mine, theirs = quantile(now, 0.5), quantile(usual, 0.5)
    value = (mine.value - theirs.value) / spread
    return _Interval(value, (mine.low - theirs.high) / spread, (mine.high - theirs.low) / spread)


def _spread(values: Floats, low: float, high: float) -> _Interval:
    bottom, top = quantile(values, low), quantile(values, high)
    return _Interval(top.value - bottom.value, max(0.0, top.low - bottom.high), top.high - bottom.low)


def quantile(values: Floats, share: float) -> _Interval:
    """The quantile of sorted ``values``, shape (n,), with its interval; its ends are infinite when n is too small."""
    count = len(values)
    low = int(stats.binom.ppf(_LEVEL / 2, count, share)) - 1
    high = int(stats.binom.ppf(1 - _LEVEL / 2, count, share)) + 1
    return _Interval(
        float(np.quantile(values, share)),
        float(values[low]) if low >= 0 else -np.inf,
        float(values[high]) if high < count else np.inf,
    )


def _joined(references: Sequence[Rows]) -> Rows:
    return Rows(
        np.concatenate([one.features for one in references]),
        np.concatenate([one.answers for one in references]),
        np.concatenate([one.holdout for one in references]),
        size=sum(one.size for one in references),
        pairs=0,
        copies=0,
    )


def _pooled(references: Sequence[Rows], place: int) -> Floats | None:
    return np.concatenate([one.features[:, place] for one in references]) if references else None


def _quantiles(name: str, now: Floats, usual: Floats | None) -> dict[str, Any]:
    def five(values: Floats) -> list[float]:
        return [float(value) for value in np.quantile(values, _DRAWN)]

    return {
        "kind": "quantiles",
        "feature": name,
        "here": five(now),
        "reference": five(usual) if usual is not None else None,
    }


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
